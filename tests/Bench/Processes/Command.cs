using System.Diagnostics;
using System.Runtime.InteropServices;
using Prestop.Testing;

namespace Bench.Processes;

/// <summary>A program and its arguments, laid out once as the kernel takes them, so that a start costs no more than the start.</summary>
/// <remarks>
/// Started by posix_spawn(3), which shares the parent's memory until exec instead of copying its page tables; System.Diagnostics.Process
/// would add pipes, threads and a signal handler. Every program gets /dev/null for its three streams and PATH for its environment.
/// </remarks>
internal sealed unsafe class Command
{
    private const string SearchPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private readonly byte** _arguments;
    private readonly byte** _environment;

    private static void* Silence { get; } = DiscardStreams();

    public Command(string program, params string[] arguments)
    {
        Words = [program, .. arguments];
        _arguments = Block(Words);
        _environment = Block([SearchPath]);
    }

    /// <summary>The program's full path and its arguments.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>What its environment holds beside PATH: <c>NAME=value</c>.</summary>
    public IReadOnlyList<string> Variables
    {
        get;
        init
        {
            field = value;
            _environment = Block([SearchPath, .. value]);
        }
    } = [];

    /// <summary>Starts the program and returns its process number.</summary>
    public int Start()
    {
        var error = Libc.Spawn(out var process, _arguments[0], Silence, null, _arguments, _environment);
        return error == 0 ? process : throw new BenchException($"cannot start {this}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <summary>Runs the program from start to exit and returns how long that took. It must exit with 0.</summary>
    public TimeSpan Run()
    {
        var start = Stopwatch.GetTimestamp();
        var status = Wait(Start());
        var elapsed = Stopwatch.GetElapsedTime(start);
        return status == 0 ? elapsed : throw new BenchException($"{this} failed: wait status {status:x4}");
    }

    /// <summary>Tells a process that <see cref="Start"/> returned to load its configuration again, as daemons understand SIGHUP.</summary>
    public static void Reload(int process) => _ = Libc.Kill(process, Signal.Hangup);

    /// <summary>Ends a process that <see cref="Start"/> returned.</summary>
    public static void Stop(int process)
    {
        _ = Libc.Kill(process, Signal.Terminate);
        Wait(process);
    }

    public override string ToString() => string.Join(' ', Words);

    private static int Wait(int process)
    {
        int status;
        while (Libc.Wait(process, out status, 0) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Libc.Interrupted)
            {
                throw new BenchException($"cannot wait for process {process}: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }

        return status;
    }

    private static void* DiscardStreams()
    {
        const int enough = 256; // bytes; posix_spawn_file_actions_t is 80 in glibc
        var actions = NativeMemory.AllocZeroed(enough);
        _ = Libc.InitialiseActions(actions);
        var discard = Libc.Open("/dev/null", Libc.ReadWrite | Libc.CloseOnExec);
        for (var stream = 0; stream <= 2; stream++)
        {
            _ = Libc.AddDuplicate(actions, discard, stream);
        }

        return actions;
    }

    private static byte** Block(IReadOnlyList<string> texts)
    {
        var block = (byte**)NativeMemory.AllocZeroed((nuint)texts.Count + 1, (nuint)sizeof(byte*));
        for (var index = 0; index < texts.Count; index++)
        {
            block[index] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[index]);
        }

        return block;
    }
}
