namespace Sleep;

/// <summary>Process 1 of a container: the kernel drops every signal that it has no handler for (pid_namespaces(7)).</summary>
internal static unsafe class FirstProcess
{
    private const nint Ignored = 1;

    // Shells call death by signal n 128 + n, and container runtimes pass that on.
    private const int DeathBySignal = 128;

    // HUP INT QUIT USR1 USR2 PIPE ALRM TERM: what people and programs send, and what ends any other process.
    private const uint DeadlySignals = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 10 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 15;

    /// <summary>From now on the signals that end other processes end this one, except those that the caller had ignored.</summary>
    public static void DieOfSignals()
    {
        for (var signal = 1; DeadlySignals >> signal != 0; signal++)
        {
            if ((DeadlySignals >> signal & 1) != 0 && LibC.OnSignal(signal, (nint)(delegate*<int, void>)&Die) == Ignored)
            {
                LibC.OnSignal(signal, Ignored);
            }
        }
    }

    private static void Die(int signal) => LibC.Exit(DeathBySignal + signal);
}
