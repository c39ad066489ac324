using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Prestop.Testing;

/// <summary>Starts programs by posix_spawn(3): unlike System.Diagnostics.Process it can close streams and leaves the exit status whole.</summary>
internal static unsafe class Spawner
{
    private static BlockingCollection<Action> Work { get; } = StartThread();

    /// <summary>
    /// Starts <paramref name="arguments"/>[0] in a session and process group of its own, every signal at its default and unblocked, with
    /// no open files but those of <paramref name="files"/>: target number to descriptor, or null for closed.
    /// </summary>
    public static int Start(string[] arguments, IReadOnlyDictionary<string, string> environment, IReadOnlyDictionary<int, Descriptor?> files)
    {
        var started = new TaskCompletionSource<int>();
        Work.Add(() =>
        {
            try
            {
                started.SetResult(Spawn(arguments, [.. environment.Select(pair => $"{pair.Key}={pair.Value}")], files));
            }
            catch (HarnessException failure)
            {
                started.SetException(failure);
            }
        });
        return started.Task.GetAwaiter().GetResult();
    }

    // One thread that never ends starts all children: "die with your parent" means the thread that forked (prctl(2), PR_SET_PDEATHSIG),
    // and a pool thread may end at any time.
    private static BlockingCollection<Action> StartThread()
    {
        var work = new BlockingCollection<Action>();
        new Thread(() =>
        {
            foreach (var start in work.GetConsumingEnumerable())
            {
                start();
            }
        })
        { IsBackground = true, Name = "spawner" }.Start();
        return work;
    }

    private static int Spawn(string[] arguments, string[] environment, IReadOnlyDictionary<int, Descriptor?> files)
    {
        const int enough = 128; // words; glibc's largest of the three is 336 bytes
        void* actions = stackalloc ulong[enough], attributes = stackalloc ulong[enough], signals = stackalloc ulong[enough];
        _ = Libc.InitialiseActions(actions);
        _ = Libc.InitialiseAttributes(attributes);
        _ = Libc.SetFlags(attributes, Libc.SpawnNewSession | Libc.SpawnDefaultSignals | Libc.SpawnSignalMask);
        _ = Libc.EmptySignals(signals);
        _ = Libc.SetSignalMask(attributes, signals);
        // .NET ignores SIGPIPE, and an ignored signal stays ignored across exec: put every signal back. Not by sigfillset(3), which leaves
        // out the two that glibc keeps for itself; posix_spawn would then ignore those.
        new Span<ulong>(signals, enough).Fill(ulong.MaxValue);
        _ = Libc.SetDefaultSignals(attributes, signals);
        foreach (var (target, source) in files)
        {
            _ = source is null ? Libc.AddClose(actions, target) : Libc.AddDuplicate(actions, source.Number, target);
        }
        // What the test process itself was started with may not be close-on-exec.
        _ = Libc.AddCloseFrom(actions, files.Keys.Max() + 1);
        byte** argumentBlock = Block(arguments), environmentBlock = Block(environment);
        try
        {
            var error = Libc.Spawn(out var process, arguments[0], actions, attributes, argumentBlock, environmentBlock);
            return error == 0 ? process : throw Libc.Failure($"cannot start {arguments[0]}", error);
        }
        finally
        {
            Free(argumentBlock);
            Free(environmentBlock);
            _ = Libc.DestroyActions(actions);
            _ = Libc.DestroyAttributes(attributes);
        }
    }

    private static byte** Block(string[] texts)
    {
        var block = (byte**)NativeMemory.AllocZeroed((nuint)texts.Length + 1, (nuint)sizeof(byte*));
        for (var index = 0; index < texts.Length; index++)
        {
            block[index] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[index]);
        }

        return block;
    }

    private static void Free(byte** block)
    {
        for (var text = block; *text is not null; text++)
        {
            Marshal.FreeCoTaskMem((nint)(*text));
        }

        NativeMemory.Free(block);
    }
}
