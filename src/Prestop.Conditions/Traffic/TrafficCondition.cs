using Prestop.Core.Waiting;
using Prestop.Linux.Sockets;

namespace Prestop.Conditions.Traffic;

/// <summary>Met when, for the quiet period, nothing on some local ports counted by a rule.</summary>
/// <remarks>
/// It reads what ended every <see cref="TrafficWatch.Pace"/>, for that is nearly free; the open connections once a second,
/// and when the quiet period may be over; and before it says so, the whole table.
/// </remarks>
internal sealed class TrafficCondition : ICondition, IDisposable
{
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(1);

    private readonly Func<ISocketTable> _open;
    private readonly TimeProvider _time;
    private readonly TrafficWatch _watch;
    private readonly SocketReading _reading = new();
    private ISocketTable? _table;
    private long _start;
    private TimeSpan _lastOpenReading;

    /// <summary>Makes a condition. Nothing is opened yet.</summary>
    /// <param name="rule">What counts.</param>
    /// <param name="ports">The local ports.</param>
    /// <param name="settings">The quiet period, and what never counts.</param>
    /// <param name="open">Opens the socket table.</param>
    public TrafficCondition(TrafficRule rule, ushort[] ports, ConditionSettings settings, Func<ISocketTable> open)
    {
        var ignored = new AddressRange[settings.Ignored.Count];
        for (var i = 0; i < ignored.Length; i++)
        {
            ignored[i] = new AddressRange(settings.Ignored[i]);
        }

        var own = settings.Own;
        bool IsLeftOut(in TcpSocket socket)
        {
            foreach (var range in ignored)
            {
                if (range.Contains(socket.RemoteAddress))
                {
                    return true;
                }
            }

            return own.Include(socket);
        }

        _open = open;
        _time = settings.Time;
        _watch = new TrafficWatch(rule, ports, settings.Quiet, IsLeftOut);
    }

    /// <inheritdoc/>
    public ValueTask<Observation> AskAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            return ValueTask.FromResult(Look());
        }
        catch (IOException failure)
        {
            // Without a table at all there is none later either: what sandboxes refuse stays refused.
            var finding = _table is null ? Finding.Broken : Finding.Unclear;
            return ValueTask.FromResult(new Observation(finding, "the socket table cannot be read: " + failure.Message));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _table?.Dispose();

    private Observation Look()
    {
        var isFirst = _table is null;
        if (_table is null)
        {
            _table = _open();
            _start = _time.GetTimestamp();
        }

        var now = Read(isFirst ? ReadingDepth.Everything : ReadingDepth.Ended);
        if (!isFirst && (_watch.MayBeOver(now) || now - _lastOpenReading >= Refresh))
        {
            now = Read(ReadingDepth.Known);
            if (_watch.MayBeOver(now) && _reading.Depth is not ReadingDepth.Everything)
            {
                now = Read(ReadingDepth.Everything);
            }
        }

        var seen = _watch.Judge(now);
        return _table.Blindness is { } blindness ? seen with { Seen = $"{seen.Seen} ({blindness})" } : seen;
    }

    private TimeSpan Read(ReadingDepth depth)
    {
        _table!.Read(_reading, depth);
        var now = _time.GetElapsedTime(_start);
        _watch.Note(_reading, now);
        if (depth is not ReadingDepth.Ended)
        {
            _lastOpenReading = now;
        }

        return now;
    }
}
