using System.Runtime;
using System.Runtime.CompilerServices;

namespace Sleep;

/// <summary>A moment or a length as the kernel takes it: <c>struct timespec</c> of 64-bit Linux.</summary>
internal struct TimeSpec
{
    public long Seconds;
    public long Nanoseconds;
}

/// <summary>What is called of the C library. Numbers are those that every 64-bit Linux shares.</summary>
internal static unsafe class LibC
{
    public const int ClockMonotonic = 1;
    public const int TimerAbsolute = 1;
    public const int Interrupted = 4;

    [MethodImpl(MethodImplOptions.InternalCall), RuntimeImport("*", "clock_gettime")]
    public static extern int ReadClock(int clock, TimeSpec* now);

    /// <summary>Returns the error number itself, zero for none.</summary>
    [MethodImpl(MethodImplOptions.InternalCall), RuntimeImport("*", "clock_nanosleep")]
    public static extern int SleepUntil(int clock, int flags, TimeSpec* deadline, TimeSpec* remaining);

    [MethodImpl(MethodImplOptions.InternalCall), RuntimeImport("*", "write")]
    public static extern nint Write(int descriptor, byte* bytes, nuint count);

    [MethodImpl(MethodImplOptions.InternalCall), RuntimeImport("*", "getenv")]
    public static extern byte* Environment(byte* name);

    [MethodImpl(MethodImplOptions.InternalCall), RuntimeImport("*", "getpid")]
    public static extern int ProcessId();

    [MethodImpl(MethodImplOptions.InternalCall), RuntimeImport("*", "signal")]
    public static extern nint OnSignal(int signal, nint action);

    [MethodImpl(MethodImplOptions.InternalCall), RuntimeImport("*", "_exit")]
    public static extern void Exit(int status);

    [MethodImpl(MethodImplOptions.InternalCall), RuntimeImport("*", "__errno_location")]
    public static extern int* ErrorNumber();
}
