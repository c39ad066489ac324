using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Prestop.Testing;

namespace BlackBox.Tests.Sleep;

/// <summary>
/// A child process whose arguments are bytes, argv[0] included: what a shell can pass to <c>sleep</c> and <see cref="Child"/> cannot.
/// </summary>
internal sealed unsafe partial class RawChild : IDisposable
{
    // Larger than any C library's posix_spawn_file_actions_t, posix_spawnattr_t and sigset_t.
    private const int OpaqueSize = 1024;
    private const short SetSignalDefaults = 4;
    private const short SetSignalMask = 8;
    private const int OpenForWriting = 1;
    private const int CloseOnExec = 0x80000;
    private static string[] BaseEnvironment { get; } = ["LC_ALL=C", "PATH=/usr/bin:/bin:/usr/sbin:/sbin"];
    private static TimeSpan Patience { get; } = TimeSpan.FromMinutes(2);

    private readonly Task<byte[]> _output;
    private readonly Task<byte[]> _error;
    private readonly Timer _watchdog;
    private ExitStatus? _ending;

    private RawChild(int id, Task<byte[]> output, Task<byte[]> error)
    {
        Id = id;
        _output = output;
        _error = error;
        _watchdog = new Timer(_ => Kill(), null, Patience, Timeout.InfiniteTimeSpan);
    }

    public int Id { get; }

    /// <summary>Starts a program.</summary>
    /// <param name="path">The file, or a name to search PATH for.</param>
    /// <param name="arguments">All of argv, the program's name included.</param>
    /// <param name="streams">For standard input, output and error: null for /dev/null or a pipe, "-" for closed, else a file to write to.</param>
    /// <param name="environment">Added to a C locale and PATH.</param>
    public static RawChild Start(string path, byte[][] arguments, string?[]? streams = null, params string[] environment)
    {
        var actions = stackalloc byte[OpaqueSize];
        var attributes = stackalloc byte[OpaqueSize];
        var signals = stackalloc byte[OpaqueSize];
        Check(posix_spawn_file_actions_init(actions));
        Check(posix_spawnattr_init(attributes));
        Check(sigemptyset(signals));
        Check(posix_spawnattr_setsigmask(attributes, signals));
        // Not by sigfillset, which leaves out the two that glibc keeps for itself; posix_spawn would then ignore those.
        new Span<byte>(signals, OpaqueSize).Fill(byte.MaxValue);
        Check(posix_spawnattr_setsigdefault(attributes, signals));
        Check(posix_spawnattr_setflags(attributes, SetSignalDefaults | SetSignalMask));

        var ends = stackalloc int[2];
        var readers = new Task<byte[]>[3];
        var writers = new List<int>();
        for (var descriptor = 0; descriptor < 3; descriptor++)
        {
            readers[descriptor] = Task.FromResult(Array.Empty<byte>());
            var target = streams?[descriptor] ?? (descriptor == 0 ? "/dev/null" : null);
            if (target == "-")
            {
                Check(posix_spawn_file_actions_addclose(actions, descriptor));
            }
            else if (target is not null)
            {
                Check(posix_spawn_file_actions_addopen(actions, descriptor, target, descriptor == 0 ? 0 : OpenForWriting, 0));
            }
            else
            {
                if (pipe2(ends, CloseOnExec) != 0)
                {
                    throw new HarnessException("pipe2 failed");
                }

                Check(posix_spawn_file_actions_adddup2(actions, ends[1], descriptor));
                readers[descriptor] = ReadToEnd(ends[0]);
                writers.Add(ends[1]);
            }
        }

        var argv = Vector(arguments);
        var envp = Vector([.. BaseEnvironment.Concat(environment).Select(Encoding.UTF8.GetBytes)]);
        try
        {
            Check(posix_spawnp(out var id, path, actions, attributes, argv, envp));
            return new RawChild(id, readers[1], readers[2]);
        }
        finally
        {
            foreach (var writer in writers)
            {
                _ = close(writer);
            }

            _ = posix_spawn_file_actions_destroy(actions);
            _ = posix_spawnattr_destroy(attributes);
            Free(argv);
            Free(envp);
        }
    }

    public static RawChild Start(string path, params string[] arguments) =>
        Start(path, [.. arguments.Prepend(Path.GetFileName(path)).Select(Encoding.UTF8.GetBytes)]);

    /// <summary>All that it wrote to standard output; waits for its end.</summary>
    public string Output => Encoding.Latin1.GetString(_output.Result);

    /// <summary>All that it wrote to standard error; waits for its end.</summary>
    public string Error => Encoding.Latin1.GetString(_error.Result);

    public static void Send(int id, int signal)
    {
        if (kill(id, signal) != 0)
        {
            throw new HarnessException($"no process {id} to send signal {signal} to");
        }
    }

    public void Send(int signal) => Send(Id, signal);

    public ExitStatus Wait()
    {
        if (_ending is { } known)
        {
            return known;
        }

        // The number stays this child's until it is reaped, under the same lock as the watchdog's kill.
        const int oneProcess = 1, ended = 4, leaveZombie = 0x01000000; // P_PID, WEXITED, WNOWAIT
        var information = stackalloc int[32];
        while (waitid(oneProcess, Id, information, ended | leaveZombie) != 0)
        {
        }

        lock (_watchdog)
        {
            int status;
            if (waitpid(Id, &status, 0) != Id)
            {
                throw new HarnessException($"process {Id} is not there to be reaped");
            }

            _ending = (status & 0x7F) == 0 ? ExitStatus.With((status >> 8) & 0xFF) : ExitStatus.KilledBy(status & 0x7F);
        }

        return _ending.Value;
    }

    /// <summary>Waits until a line of /proc/ID/status is as wanted, such as <c>State: S</c>.</summary>
    public static void WaitForStatus(int id, string field, Func<string, bool> isWanted)
    {
        WaitUntil(() => StatusOf(id, field).Any(isWanted), $"{field} of process {id}");
    }

    /// <summary>Looks again every millisecond until it is so; fails after two minutes.</summary>
    public static void WaitUntil(Func<bool> isSo, string what)
    {
        var start = Stopwatch.GetTimestamp();
        while (!isSo())
        {
            if (Stopwatch.GetElapsedTime(start) > Patience)
            {
                throw new HarnessException($"waited {Patience.TotalSeconds} s in vain for {what}");
            }

            Thread.Sleep(1);
        }
    }

    public static IEnumerable<string> StatusOf(int id, string field) =>
        File.ReadAllLines($"/proc/{id}/status").Where(line => line.StartsWith(field + ":", StringComparison.Ordinal)).Select(line => line[(field.Length + 1)..].Trim());

    /// <summary>The child of a process that runs a program of this name, once there is one.</summary>
    public static int WaitForChildOf(int id, string name)
    {
        string? found = null;
        WaitUntil(() => (found = ChildrenOf(id).FirstOrDefault(child => NameOf(child) == name)) is not null, $"a child {name} of process {id}");
        return int.Parse(found!, CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        Kill();
        Wait();
        _watchdog.Dispose();
    }

    private static string[] ChildrenOf(int id) =>
        File.ReadAllText($"/proc/{id}/task/{id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string? NameOf(string process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/comm").Trim();
        }
        catch (IOException)
        {
            return null; // It has ended in between.
        }
    }

    private void Kill()
    {
        lock (_watchdog)
        {
            if (_ending is null)
            {
                _ = kill(Id, Signal.Kill);
            }
        }
    }

    private static Task<byte[]> ReadToEnd(int descriptor) => Task.Factory.StartNew(
        () =>
        {
            using var stream = new FileStream(new SafeFileHandle(descriptor, true), FileAccess.Read);
            using var all = new MemoryStream();
            stream.CopyTo(all);
            return all.ToArray();
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    private static byte** Vector(byte[][] texts)
    {
        var vector = (byte**)NativeMemory.AllocZeroed((nuint)(texts.Length + 1), (nuint)sizeof(byte*));
        for (var i = 0; i < texts.Length; i++)
        {
            vector[i] = (byte*)NativeMemory.AllocZeroed((nuint)texts[i].Length + 1);
            texts[i].CopyTo(new Span<byte>(vector[i], texts[i].Length));
        }

        return vector;
    }

    private static void Free(byte** vector)
    {
        for (var i = 0; vector[i] is not null; i++)
        {
            NativeMemory.Free(vector[i]);
        }

        NativeMemory.Free(vector);
    }

    private static void Check(int error)
    {
        if (error != 0)
        {
            throw new HarnessException(Marshal.GetPInvokeErrorMessage(error));
        }
    }

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_addclose(byte* actions, int descriptor);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addopen(byte* actions, int descriptor, string path, int flags, uint mode);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigmask(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawnp(out int id, string path, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc")]
    private static partial int sigemptyset(byte* signals);

    [LibraryImport("libc")]
    private static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [LibraryImport("libc")]
    private static partial int waitid(int kind, int id, int* information, int options);

    [LibraryImport("libc")]
    private static partial int waitpid(int id, int* status, int options);

    [LibraryImport("libc")]
    private static partial int kill(int id, int signal);
}
