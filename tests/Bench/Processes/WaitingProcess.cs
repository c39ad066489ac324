using System.Diagnostics;
using System.Globalization;
using Prestop.Testing;

namespace Bench.Processes;

/// <summary>A program seen while it waits, through /proc (proc(5)).</summary>
/// <remarks>Not ru_maxrss: the kernel carries it over exec, so that a child starts with the peak of the program that spawned it.</remarks>
internal sealed class WaitingProcess : IDisposable
{
    private const int LooksInARow = 10;

    private static TimeSpan BetweenLooks { get; } = TimeSpan.FromMilliseconds(10);

    private static TimeSpan Patience { get; } = TimeSpan.FromSeconds(20);

    private readonly Command _command;
    private readonly int _process;

    private WaitingProcess(Command command) => (_command, _process) = (command, command.Start());

    /// <summary>Memory in use now, in bytes, counted page by page (smaps_rollup): exact, also where a few pages matter.</summary>
    public long Resident => BytesIn("smaps_rollup", "Rss:");

    /// <summary>
    /// The most memory ever in use, in bytes. The kernel keeps it in counters per processor and folds them in batches of 32 pages or more
    /// (linux/percpu_counter.h): for programs of megabytes only.
    /// </summary>
    public long PeakResident => BytesIn("status", "VmHWM:");

    /// <summary>User and system time of all its threads so far, exact to what the scheduler counts; /proc/PID/stat has ticks of 10 ms.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            if (Libc.FindProcessorClock(_process, out var clock) != 0 || Libc.ReadClock(clock, out var time) != 0)
            {
                throw new BenchException($"{_command} has no processor time: it has ended");
            }

            return TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1000.0);
        }
    }

    /// <summary>The program file and every library and loader that is mapped with it, in bytes.</summary>
    public long BytesWithLibraries => ExecutableFiles().Sum(path => new FileInfo(path).Length);

    /// <summary>Starts <paramref name="command"/>, which must go on until <see cref="Dispose"/>.</summary>
    public static WaitingProcess Start(Command command) => new(command);

    /// <summary>Returns once all threads are asleep in many looks in a row.</summary>
    public void UntilAsleep()
    {
        var looks = 0;
        Until(() => (looks = IsAsleep() ? looks + 1 : 0) >= LooksInARow);
    }

    /// <summary>Returns once <paramref name="condition"/> holds.</summary>
    public void Until(Func<bool> condition)
    {
        var start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > Patience)
            {
                throw new BenchException($"{_command} does not get where it is measured within {Patience.TotalSeconds:0} s");
            }

            Thread.Sleep(BetweenLooks);
        }
    }

    public void Dispose() => Command.Stop(_process);

    private bool IsAsleep()
    {
        try
        {
            return Directory.EnumerateDirectories($"/proc/{_process}/task").All(thread => State(thread) == 'S');
        }
        catch (IOException)
        {
            return false; // A thread ended meanwhile.
        }
    }

    private static char State(string thread)
    {
        // The name stands in parentheses and may itself hold some; the state follows it.
        var stat = File.ReadAllText(Path.Combine(thread, "stat"));
        return stat[stat.LastIndexOf(')') + 2];
    }

    private long BytesIn(string file, string field)
    {
        var line = File.ReadLines($"/proc/{_process}/{file}").First(line => line.StartsWith(field, StringComparison.Ordinal));
        return long.Parse(line[field.Length..^" kB".Length], CultureInfo.InvariantCulture) * 1024;
    }

    private IEnumerable<string> ExecutableFiles() =>
        File.ReadLines($"/proc/{_process}/maps")
            .Select(line => line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Where(fields => fields is [_, [.., 'x', _], _, _, _, ['/', ..]])
            .Select(fields => fields[5])
            .Distinct();
}
