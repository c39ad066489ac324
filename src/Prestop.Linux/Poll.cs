using System.Runtime.InteropServices;

namespace Prestop.Linux;

/// <summary>poll(2) on one descriptor.</summary>
internal static partial class Poll
{
    /// <summary>Something can be read.</summary>
    public const short In = 1;

    /// <summary>Something can be written.</summary>
    public const short Out = 4;

    /// <summary>Waits for an event; an error of the descriptor ends the wait too, and is none.</summary>
    /// <param name="descriptor">What is waited on.</param>
    /// <param name="wanted"><see cref="In"/> or <see cref="Out"/>.</param>
    /// <param name="milliseconds">How long at the most; a signal may end it sooner.</param>
    /// <returns>True when the event has come.</returns>
    public static unsafe bool Until(int descriptor, short wanted, int milliseconds)
    {
        var polled = new Polled { Descriptor = descriptor, Wanted = wanted };
        return poll(&polled, 1, milliseconds) == 1 && (polled.Seen & wanted) != 0;
    }

    [LibraryImport("libc")]
    private static unsafe partial int poll(Polled* descriptors, nuint count, int milliseconds);

    private struct Polled
    {
        public int Descriptor;
        public short Wanted;
        public short Seen;
    }
}
