namespace Prestopd.Hosting;

/// <summary>What an open connection waits for, in the order in which places are taken away.</summary>
internal enum Wait
{
    /// <summary>That the client reads the answer and closes; 1 s.</summary>
    Close,

    /// <summary>The first request, or the rest of one that has begun, or a client that takes its answer; 5 s.</summary>
    Request,

    /// <summary>The next request; 2 minutes.</summary>
    NextRequest,

    /// <summary>Nothing: a request is being answered. Never ended and never evicted.</summary>
    Nothing,
}

/// <summary>
/// The open connections: how many there may be, how long each may wait for its client, and which of them is closed when a new one
/// needs its place. Loopback has places of its own.
/// </summary>
/// <param name="most">Connections at a time from loopback, and as many from all others.</param>
/// <param name="time">The clock. While no connection waits, no timer runs.</param>
internal sealed class ConnectionTable(int most, TimeProvider time) : IDisposable
{
    /// <summary>Connections are ended in batches, so that ten thousand of them are not ten thousand timers.</summary>
    private static readonly TimeSpan Batch = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly TwoLanes _places = new(most);
    private readonly Lane _loopback = new();
    private readonly Lane _others = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? _timer;
    private long _nextLook = long.MaxValue;
    private long _evicted;
    private bool _isClosing;

    /// <summary>The connections that are open now.</summary>
    public int Open => _places.Taken;

    /// <summary>New connections that were closed at once, because all others were being answered.</summary>
    public long Refused => _places.Refused;

    /// <summary>Waiting connections that were closed to make room for new ones.</summary>
    public long Evicted => Volatile.Read(ref _evicted);

    /// <summary>
    /// What the limit of open files leaves room for: one that has lost its place is closed a moment later, and a listener that finds no
    /// free file tries again and again.
    /// </summary>
    /// <param name="wanted">The connections asked for.</param>
    /// <param name="openFiles">The files that may be open.</param>
    public static int Fitting(int wanted, int openFiles) => Math.Clamp((openFiles - 128) / 3, 1, wanted);

    /// <summary>Takes a new connection in. Where there is no place, the one that has waited longest is closed for it.</summary>
    /// <returns>False when it must be closed: all others are being answered, or the server stops.</returns>
    public bool TryAdd(Entry entry)
    {
        lock (_gate)
        {
            if (_isClosing)
            {
                return false;
            }

            var lane = LaneOf(entry);
            if (!_places.TryEnter(entry.IsLoopback) && !(TryEvict(lane) && _places.TryEnter(entry.IsLoopback)))
            {
                _places.Refuse();
                return false;
            }

            lane[Wait.Nothing].AddLast(entry.Node);
            return true;
        }
    }

    /// <summary>The connection is closed.</summary>
    public void Remove(Entry entry)
    {
        lock (_gate)
        {
            // One that was evicted has left already.
            if (entry.Node.List is { } list)
            {
                list.Remove(entry.Node);
                _places.Leave(entry.IsLoopback);
                CompleteWhenEmpty();
            }
        }
    }

    /// <summary>From now on the connection waits for this. It is ended when that takes too long, or at once while the server stops.</summary>
    public void Waits(Entry entry, Wait wait)
    {
        lock (_gate)
        {
            if (entry.Node.List is not { } list)
            {
                return;
            }

            list.Remove(entry.Node);
            LaneOf(entry)[wait].AddLast(entry.Node);
            if (wait is Wait.Nothing)
            {
                return;
            }

            if (_isClosing && wait is not Wait.Close)
            {
                entry.End();
                return;
            }

            entry.Since = time.GetTimestamp();
            LookBy(entry.Since + Longest(wait));
        }
    }

    /// <summary>Ends the connections that wait for a request, and from now on every one that begins to.</summary>
    /// <returns>Completes when all connections are closed.</returns>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _isClosing = true;
            End(Wait.Request);
            End(Wait.NextRequest);
            CompleteWhenEmpty();
            return _closed.Task;
        }
    }

    /// <summary>Ends all connections.</summary>
    public void EndAll()
    {
        lock (_gate)
        {
            foreach (var wait in Lane.Waits)
            {
                End(wait);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _timer?.Dispose();
        }
    }

    private Lane LaneOf(Entry entry) => entry.IsLoopback ? _loopback : _others;

    private bool TryEvict(Lane lane)
    {
        foreach (var wait in Lane.Waits)
        {
            if (wait is not Wait.Nothing && lane[wait].First is { } longest)
            {
                lane[wait].RemoveFirst();
                _places.Leave(longest.Value.IsLoopback);
                _evicted++;
                longest.Value.End();
                return true;
            }
        }

        return false;
    }

    private void End(Wait wait)
    {
        foreach (var lane in (ReadOnlySpan<Lane>)[_loopback, _others])
        {
            foreach (var entry in lane[wait])
            {
                entry.End();
            }
        }
    }

    private void CompleteWhenEmpty()
    {
        if (_isClosing && _places.Taken == 0)
        {
            _closed.TrySetResult();
        }
    }

    private long Longest(Wait wait) => time.TimestampFrequency * (wait switch { Wait.Close => 1, Wait.Request => 5, _ => 120 });

    private void LookBy(long due)
    {
        if (due >= _nextLook)
        {
            return;
        }

        _nextLook = due;
        _timer ??= time.CreateTimer(static table => ((ConnectionTable)table!).EndOverdue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(time.GetElapsedTime(time.GetTimestamp(), due) + Batch, Timeout.InfiniteTimeSpan);
    }

    private void EndOverdue()
    {
        lock (_gate)
        {
            _nextLook = long.MaxValue;
            var now = time.GetTimestamp();
            foreach (var lane in (ReadOnlySpan<Lane>)[_loopback, _others])
            {
                foreach (var wait in Lane.Waits)
                {
                    while (wait is not Wait.Nothing && lane[wait].First is { } longest)
                    {
                        var due = longest.Value.Since + Longest(wait);
                        if (due > now)
                        {
                            LookBy(due);
                            break;
                        }

                        lane[wait].RemoveFirst();
                        lane[Wait.Nothing].AddLast(longest);
                        longest.Value.End();
                    }
                }
            }
        }
    }

    /// <summary>A connection as the table sees it.</summary>
    internal abstract class Entry
    {
        protected Entry() => Node = new(this);

        /// <summary>Whether the client is in the same pod.</summary>
        public abstract bool IsLoopback { get; }

        /// <summary>Its place in one of the lists.</summary>
        internal LinkedListNode<Entry> Node { get; }

        /// <summary>When its wait began.</summary>
        internal long Since { get; set; }

        /// <summary>Ends the connection: whatever it waits for ends at once. Must not block and not call back.</summary>
        public abstract void End();
    }

    private sealed class Lane
    {
        public static readonly Wait[] Waits = [Wait.Close, Wait.Request, Wait.NextRequest, Wait.Nothing];

        private readonly LinkedList<Entry>[] _lists = [new(), new(), new(), new()];

        public LinkedList<Entry> this[Wait wait] => _lists[(int)wait];
    }
}
