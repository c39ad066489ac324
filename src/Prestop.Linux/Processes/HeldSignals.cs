using System.Runtime.InteropServices;

namespace Prestop.Linux.Processes;

/// <summary>SIGTERM and SIGINT as <c>src/Static/hold-signals.c</c> holds them back while a published server starts.</summary>
public static partial class HeldSignals
{
    private const int SIG_UNBLOCK = 1;
    private const ulong TerminateAndInterrupt = (1UL << (15 - 1)) | (1UL << (2 - 1));

    /// <summary>
    /// Lets them through to the calling thread, those first that came meanwhile. To be called when they have handlers, from a thread that
    /// lives as long as the process. Where nothing is held back it changes nothing.
    /// </summary>
    public static unsafe void Release()
    {
        // glibc's sigset_t has 1024 bits, of which the kernel knows the first 64.
        var set = stackalloc ulong[16];
        set[0] = TerminateAndInterrupt;
        _ = pthread_sigmask(SIG_UNBLOCK, set, null);
    }

    [LibraryImport("libc")]
    private static unsafe partial int pthread_sigmask(int how, ulong* set, ulong* previous);
}
