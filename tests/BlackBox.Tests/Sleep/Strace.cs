using System.Globalization;
using System.Text.RegularExpressions;
using Prestop.Testing;

namespace BlackBox.Tests.Sleep;

/// <summary>A <c>struct timespec</c> as strace prints it.</summary>
internal readonly record struct TimeSpecArgument(long Seconds, long Nanoseconds)
{
    public Int128 InNanoseconds => ((Int128)Seconds * 1_000_000_000) + Nanoseconds;
}

/// <summary>What a program asked the kernel for.</summary>
internal sealed partial class Strace(string[] lines, string error, ExitStatus status)
{
    public string[] Lines { get; } = lines;

    public string Error { get; } = error;

    public ExitStatus Status { get; } = status;

    /// <summary>The names of the system calls, in order.</summary>
    public string[] Calls { get; } = [.. lines.Select(line => CallName().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value)];

    /// <summary>The moments or lengths that clock_nanosleep was called with.</summary>
    public TimeSpecArgument[] Sleeps { get; } = [.. lines.Select(SleepIn).OfType<TimeSpecArgument>()];

    /// <summary>Runs a program as <c>sleep</c> under strace.</summary>
    public static Strace Run(string path, string[] options, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        var log = folder["log"];
        using var child = RawChild.Start(
            SystemProgram.Find("strace", "strace"),
            SleepFile.Bytes(["strace", "-qq", "-o", log, .. options, "--", "bash", "-c", "exec -a sleep \"$0\" \"$@\"", path, .. arguments]));
        var status = child.Wait();
        var lines = File.ReadAllLines(log);
        var start = Array.FindLastIndex(lines, line => line.StartsWith("execve(", StringComparison.Ordinal));
        return new Strace(lines[(start + 1)..], child.Error, status);
    }

    public static TimeSpecArgument? SleepIn(string line)
    {
        var match = SleepCall().Match(line);
        return match.Success
            ? new(long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture))
            : null;
    }

    [GeneratedRegex(@"^(\w+)\(")]
    private static partial Regex CallName();

    [GeneratedRegex(@"clock_nanosleep\(\w+, \w+, \{tv_sec=(\d+), tv_nsec=(\d+)\}")]
    private static partial Regex SleepCall();
}
