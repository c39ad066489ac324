using Prestop.Core.Waiting;
using Prestop.Linux.Sockets;

namespace Prestop.Conditions.Traffic;

/// <summary>Met when, for the quiet period, nothing on some local ports counted by a rule.</summary>
/// <remarks>
/// It reads what ended as soon as the kernel announces it, but no more often than <see cref="TrafficWatch.Pace"/>; the open
/// connections once a second, and when the quiet period may be over; and before it says so, the whole table. Where nothing
/// is announced, it looks at that pace.
/// </remarks>
internal sealed class TrafficCondition : ICondition
{
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(1);

    private readonly Func<ISocketTable> _open;
    private readonly TimeProvider _time;
    private readonly TrafficWatch _watch;
    private readonly TrafficReading _reading;
    private ISocketTable? _table;
    private long _start;
    private TimeSpan _lastOpenReading;
    private TimeSpan _waitBefore;
    private bool _hasNews;

    /// <summary>Makes a condition. Nothing is opened yet.</summary>
    /// <param name="rule">What counts.</param>
    /// <param name="ports">The local ports.</param>
    /// <param name="settings">The quiet period, and what never counts.</param>
    /// <param name="open">Opens the socket table.</param>
    public TrafficCondition(TrafficRule rule, ushort[] ports, ConditionSettings settings, Func<ISocketTable> open)
    {
        _open = open;
        _time = settings.Time;
        _reading = new TrafficReading(rule, ports, settings.Ignored, settings.Own.Watch());
        _watch = new TrafficWatch(rule, settings.Quiet);
        ShortestWait = settings.Quiet;
    }

    /// <inheritdoc/>
    public TimeSpan ShortestWait { get; }

    /// <inheritdoc/>
    public async ValueTask<Observation> AskAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (_waitBefore > TimeSpan.Zero)
        {
            // Woken by timers at the pace, .NET took 154 ms of CPU a minute; a thread that sleeps in poll(2) takes 42 ms.
            var (table, wait) = (_table!, _waitBefore);
            _waitBefore = TimeSpan.Zero;
            await Task.Run(() => table.WaitForEnded(wait), cancellation);
        }

        try
        {
            return Look();
        }
        catch (IOException failure)
        {
            // Without a table at all there is none later either: what sandboxes refuse stays refused.
            var finding = _table is null ? Finding.Broken : Finding.Unclear;
            return new Observation(finding, "the socket table cannot be read: " + failure.Message);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _table?.Dispose();
        return ValueTask.CompletedTask;
    }

    private Observation Look()
    {
        var isFirst = _table is null;
        _hasNews = false;
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

        var seen = Paced(_watch.Judge(now), now);
        return seen with
        {
            Seen = _table.Blindness is null ? seen.Seen : $"{seen.Seen}, as far as /proc/net/tcp tells",
            Warnings = isFirst ? [.. Warnings()] : [],
        };
    }

    /// <summary>What a person should know of the table and of the ports, once.</summary>
    private IEnumerable<string> Warnings()
    {
        if (_table!.Blindness is { } blindness)
        {
            yield return blindness;
        }

        foreach (var port in _reading.Unused)
        {
            yield return $"nothing listens on port {port}, and nobody is connected to it: check the number";
        }
    }

    /// <summary>After a quiet look the next one waits for an announcement; after news it keeps the pace, however much there is.</summary>
    private Observation Paced(Observation seen, TimeSpan now)
    {
        if (!_table!.Announces || _hasNews || seen.LookAgainIn is null)
        {
            return seen;
        }

        var refresh = _lastOpenReading + Refresh - now;
        var left = _watch.Left(now);
        _waitBefore = left < refresh ? left : refresh;
        return _waitBefore > TimeSpan.Zero ? seen with { LookAgainIn = TimeSpan.Zero } : seen;
    }

    private TimeSpan Read(ReadingDepth depth)
    {
        _table!.Read(_reading, depth);
        var now = _time.GetElapsedTime(_start);
        _watch.Note(_reading, now);
        _hasNews |= _reading.HasEnded || _reading.EndedUnseen;
        if (depth is not ReadingDepth.Ended)
        {
            _lastOpenReading = now;
        }

        return now;
    }
}
