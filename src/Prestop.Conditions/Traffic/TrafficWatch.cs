using Prestop.Core.Waiting;
using Prestop.Linux.Sockets;

namespace Prestop.Conditions.Traffic;

/// <summary>
/// Decides from readings of the socket table whether a quiet period is over. Knows no clock: times are given, counted from
/// the first reading. What happened before counts only where the kernel still tells of it, so a quiet period never begins
/// before the first reading.
/// </summary>
/// <param name="rule">What counts.</param>
/// <param name="ports">The local ports.</param>
/// <param name="quiet">The length of the quiet period.</param>
/// <param name="isLeftOut">Tells connections that never count.</param>
internal sealed class TrafficWatch(TrafficRule rule, ushort[] ports, TimeSpan quiet, TrafficWatch.Exemption isLeftOut)
{
    /// <summary>Between two readings. What ended in between is known no better than that, and it ends the wait that much later.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    /// <summary>The kernel counts ages in ticks: the coarsest are 10 ms (CONFIG_HZ=100), so an age may be that much too high.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    // No wait is longer, and sums of times must not overflow.
    private readonly TimeSpan _quiet = quiet < Deadline.Longest ? quiet : Deadline.Longest;

    private TimeSpan? _last;
    private int _connections;
    private string _unserved = "";

    /// <summary>Tells whether a connection is left out.</summary>
    /// <param name="socket">The socket at this end.</param>
    public delegate bool Exemption(in TcpSocket socket);

    /// <summary>Takes in a reading.</summary>
    /// <param name="reading">What was read.</param>
    /// <param name="at">When, at the latest.</param>
    public void Note(SocketReading reading, TimeSpan at)
    {
        if (reading.EndedUnseen)
        {
            NoteAge(0, at);
        }

        foreach (var socket in reading.Ended)
        {
            NoteEnded(socket, at);
        }

        if (reading.Depth is not ReadingDepth.Ended)
        {
            NoteOpen(reading, at);
        }
    }

    /// <summary>True when nothing known so far stands against the end of the quiet period.</summary>
    /// <param name="now">The time.</param>
    public bool MayBeOver(TimeSpan now) => Left(now) <= TimeSpan.Zero;

    /// <summary>Judges by all readings so far.</summary>
    /// <param name="now">The time of the last reading.</param>
    public Observation Judge(TimeSpan now)
    {
        var left = Left(now);
        var seen = _last is { } last && now - last < _quiet;
        return new Observation(left <= TimeSpan.Zero ? Finding.Met : seen ? Finding.NotMet : Finding.Unclear, Words(now))
        {
            LookAgainIn = left <= TimeSpan.Zero ? null : left < Pace ? left : Pace,
            SeenDrifts = true,
            IsTooSoon = left > TimeSpan.Zero && !seen,
        };
    }

    private static string Seconds(TimeSpan span)
    {
        var tenths = Math.Max(span.Ticks, 0) / (TimeSpan.TicksPerSecond / 10);
        return $"{tenths / 10}.{tenths % 10} s";
    }

    /// <summary>What is left of the quiet period if nothing happens.</summary>
    /// <param name="now">The time.</param>
    public TimeSpan Left(TimeSpan now) => (_last > TimeSpan.Zero ? _last.Value : TimeSpan.Zero) + _quiet - now;

    private void NoteAge(uint milliseconds, TimeSpan at)
    {
        var then = at - TimeSpan.FromMilliseconds(milliseconds) + Tick;
        then = then < at ? then : at;
        _last = _last > then ? _last : then;
    }

    private void NoteEnded(in TcpSocket socket, TimeSpan at)
    {
        // Without a remote port it was a listener, on which nothing was ever sent or received, or a connection that its
        // program reset (tcp_disconnect), which sets only the one of the two times back.
        var wasListener = socket.RemotePort == 0 && socket.SentAgo == socket.ReceivedAgo;
        if (!wasListener && !isLeftOut(socket) && rule.AgeOfEnded(socket) is { } age)
        {
            NoteAge(age, at);
        }
    }

    private void NoteOpen(SocketReading reading, TimeSpan at)
    {
        _connections = 0;
        long backlog = 0;
        foreach (var socket in reading.Open)
        {
            if (socket.State is TcpState.Listen)
            {
                backlog += socket.ReceiveQueue;
            }
            else if (isLeftOut(socket))
            {
                backlog -= socket is { IsHeld: false, State: TcpState.Established or TcpState.CloseWait } ? 1 : 0;
            }
            else
            {
                _connections += TrafficRule.Exists(socket) ? 1 : 0;
                if (rule.AgeOfOpen(socket) is { } age)
                {
                    NoteAge(age, at);
                }
            }
        }

        if (backlog > 0)
        {
            NoteAge(0, at);
        }

        if (reading.Depth is ReadingDepth.Everything)
        {
            _unserved = Unserved(reading.Open);
        }
    }

    private string Unserved(List<TcpSocket> open)
    {
        foreach (var port in ports)
        {
            if (!open.Exists(socket => socket.State is TcpState.Listen && socket.LocalPort == port))
            {
                return $"; nothing listens on port {port}";
            }
        }

        return "";
    }

    private string Words(TimeSpan now)
    {
        var connections = _connections switch
        {
            0 => "no connection",
            1 => "1 connection",
            _ => $"{_connections} connections",
        };
        var last = _last is { } then ? $"{rule.Last} {Seconds(now - then)} ago" : $"{rule.None} for {Seconds(now)}";
        return $"{connections}, {last}{_unserved}";
    }
}
