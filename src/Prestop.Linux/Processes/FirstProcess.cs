using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Prestop.Linux.Processes;

/// <summary>The process that this container began with: its output is what <c>kubectl logs</c> shows.</summary>
public static partial class FirstProcess
{
    private const int Initial = 1;

    /// <summary>
    /// Finds it. It is process 1, unless the containers of the pod share their process namespace (shareProcessNamespace): then that one is the pod's pause
    /// container's, and the one looked for is the oldest with the mount namespace of this process.
    /// </summary>
    /// <returns>Its number; null where no process of this container but this one may be looked into.</returns>
    public static int? Find()
    {
        var here = LinkAt("/proc/self/ns/mnt");
        if (here is null)
        {
            return null;
        }

        if (LinkAt($"/proc/{Initial}/ns/mnt") == here)
        {
            return Initial;
        }

        int? oldest = null;
        var start = ulong.MaxValue;
        foreach (var folder in Directory.GetDirectories("/proc"))
        {
            if (int.TryParse(folder.AsSpan("/proc/".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var process)
                && process != Environment.ProcessId && LinkAt($"{folder}/ns/mnt") == here && StartOf(folder) is var other && other < start)
            {
                (oldest, start) = (process, other);
            }
        }

        return oldest;
    }

    /// <summary>Where a symbolic link leads; null where it cannot be read.</summary>
    /// <param name="path">The link.</param>
    internal static unsafe string? LinkAt(string path)
    {
        var target = stackalloc byte[256];
        var length = readlink(path, target, 256);
        return length > 0 ? Encoding.UTF8.GetString(target, (int)length) : null;
    }

    private static ulong StartOf(string folder)
    {
        const int startTime = 19; // field 22 of proc(5), counted from the one behind the name in parentheses

        try
        {
            var status = File.ReadAllText($"{folder}/stat");
            return ulong.Parse(status[(status.LastIndexOf(')') + 2)..].Split(' ')[startTime], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return ulong.MaxValue; // ended meanwhile
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial nint readlink(string path, byte* target, nuint size);
}
