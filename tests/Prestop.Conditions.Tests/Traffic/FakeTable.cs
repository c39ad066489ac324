using Prestop.Linux.Sockets;
using Prestop.Testing;

namespace Prestop.Conditions.Tests.Traffic;

/// <summary>A port with a listener and one keep-alive connection, on which bytes move at given times.</summary>
internal sealed class FakeTable(FakeClock clock, params TimeSpan[] bytes) : ISocketTable
{
    /// <summary>When short connections came and went.</summary>
    public List<TimeSpan> Short { get; } = [];

    /// <summary>What was read, and when.</summary>
    public List<(TimeSpan At, ReadingDepth Depth)> Readings { get; } = [];

    public Func<ReadingDepth, Exception?> Fails { get; init; } = _ => null;

    public bool IsDisposed { get; private set; }

    public string? Blindness { get; init; }

    public bool Announces => false;

    public void WaitForEnded(TimeSpan atMost) => throw new NotSupportedException();

    public void Read(SocketReading reading, ReadingDepth depth)
    {
        Readings.Add((clock.Now, depth));
        if (Fails(depth) is { } failure)
        {
            throw failure;
        }

        reading.Begin(depth);
        foreach (var end in Short.FindAll(time => time <= clock.Now))
        {
            reading.AddEnded(Sockets.Connection(0));
            Short.Remove(end);
        }

        if (depth is not ReadingDepth.Ended)
        {
            var last = bytes.Where(time => time <= clock.Now).DefaultIfEmpty(TimeSpan.FromHours(-1)).Max();
            reading.AddOpen(Sockets.Listener());
            reading.AddOpen(Sockets.Connection((uint)(clock.Now - last).TotalMilliseconds));
        }
    }

    public void Dispose() => IsDisposed = true;
}
