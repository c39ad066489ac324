using System.Globalization;

namespace Prestop.Testing;

/// <summary>Reads /proc/PID/stat (proc(5)).</summary>
internal static class ProcessTable
{
    /// <summary>User and system time, of the process and of the children that it waited for; also of a zombie.</summary>
    public static TimeSpan CpuTimeOf(int process)
    {
        const int userTimeAt = 11, ticksPerSecond = 100; // utime, stime, cutime, cstime; USER_HZ
        var fields = FieldsAfterName(process);
        var ticks = fields.Skip(userTimeAt).Take(4).Sum(field => long.Parse(field, CultureInfo.InvariantCulture));
        return TimeSpan.FromSeconds((double)ticks / ticksPerSecond);
    }

    /// <summary>The children of <paramref name="parent"/>, oldest number first.</summary>
    /// <remarks>/proc/PID/task/TID/children would say it in one read, but kernels may be built without it.</remarks>
    public static IEnumerable<int> ChildrenOf(int parent)
    {
        const int parentAt = 1;
        var expected = parent.ToString(CultureInfo.InvariantCulture);
        return Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var process) ? process : 0)
            .Where(process => process != 0 && FieldsAfterName(process).ElementAtOrDefault(parentAt) == expected)
            .Order();
    }

    /// <summary>The process lives and executes a program that is none of those that lead up to it.</summary>
    public static bool Executes(int process, params ReadOnlySpan<string> preparers)
    {
        try
        {
            return new FileInfo($"/proc/{process}/exe").LinkTarget is { } program && !preparers.Contains(Path.GetFileName(program));
        }
        catch (IOException)
        {
            return false; // ended meanwhile
        }
    }

    /// <summary>Waits until a signal has stopped the process, or it has ended.</summary>
    public static async Task UntilStoppedAsync(int process, CancellationToken stop)
    {
        while (FieldsAfterName(process) is not ([] or ["T" or "Z" or "X", ..]))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), stop);
        }
    }

    /// <summary>Every thread of the process blocks the signal.</summary>
    public static bool Blocks(int process, int signal) => Directory.EnumerateDirectories($"/proc/{process}/task").All(thread =>
    {
        var mask = File.ReadLines($"{thread}/status").First(line => line.StartsWith("SigBlk:", StringComparison.Ordinal)).Split('\t')[1];
        return (Convert.ToUInt64(mask, 16) & (1UL << (signal - 1))) != 0;
    });

    private static string[] FieldsAfterName(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            // The name stands in parentheses and may itself hold blanks and parentheses.
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return []; // ended meanwhile
        }
    }
}
