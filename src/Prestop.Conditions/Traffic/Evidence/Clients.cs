using Prestop.Core.Addresses;

namespace Prestop.Conditions.Traffic.Evidence;

/// <summary>
/// Who comes: the addresses that come most, however many there are. A new address takes the place of the one that came least, and its
/// weight (space-saving: Metwally, Agrawal, El Abbadi, 2005), so that whoever brings more than a sixteenth of all is never lost.
/// </summary>
/// <param name="traffic">Takes short connections that turn out to be traffic.</param>
internal sealed class Clients(Action<Exchange> traffic)
{
    /// <summary>How many addresses are kept.</summary>
    public const int Most = 16;

    // So that what was busy before the balancer stopped makes way for what is busy now.
    private static readonly TimeSpan HalfLife = TimeSpan.FromSeconds(8);

    private readonly Client[] _clients = new Client[Most];
    private int _count;
    private TimeSpan _halved;

    /// <summary>Begins to count what is open anew.</summary>
    public void BeginOpen()
    {
        foreach (var client in Known)
        {
            client.BeginOpen();
        }
    }

    /// <summary>Counts a connection that is open.</summary>
    /// <param name="from">Its other end.</param>
    /// <param name="segments">How many segments with data it has received since it was opened.</param>
    /// <param name="moved">Whether one of them came since the last count.</param>
    public void AddOpen(InternetAddress from, uint segments, bool moved) => (moved ? FindOrAdd(from) : Find(from))?.AddOpen(segments, moved);

    /// <summary>Ends the count of what is open.</summary>
    /// <param name="now">The time.</param>
    /// <returns>How many requests came besides one on each connection that moved, as far as is known.</returns>
    public long EndOpen(TimeSpan now)
    {
        long more = 0;
        foreach (var client in Known)
        {
            more += client.EndOpen(now);
        }

        return more;
    }

    /// <summary>Counts a connection that has ended.</summary>
    /// <param name="from">Its other end.</param>
    /// <param name="now">The time.</param>
    /// <returns>The habit of its address.</returns>
    public ProbeHabit AddEnded(InternetAddress from, TimeSpan now)
    {
        var client = FindOrAdd(from);
        client.AddEnded(now);
        return client.Habit;
    }

    /// <summary>True when a connection that is open is what a known probe has to look like.</summary>
    /// <param name="from">Its other end.</param>
    /// <param name="moment">When its request came, or when it opened if none did.</param>
    public bool IsProbe(InternetAddress from, TimeSpan moment) => Find(from)?.Habit.Expects(moment) is true;

    /// <summary>Lets time pass: probes that have stopped are given up, and old counts lose weight.</summary>
    /// <param name="now">The time.</param>
    public void MoveTo(TimeSpan now)
    {
        var halve = now - _halved >= HalfLife;
        _halved = halve ? now : _halved;
        foreach (var client in Known)
        {
            client.Weight /= halve ? 2 : 1;
            client.Habit.GiveUpStopped(now);
        }
    }

    /// <summary>Adds the short connections that no probe explains to a history.</summary>
    /// <param name="history">The history.</param>
    /// <returns>The latest of them, null when there is none.</returns>
    public TimeSpan? AddUnexplainedTo(TrafficHistory history)
    {
        TimeSpan? latest = null;
        foreach (var client in Known)
        {
            foreach (var exchange in client.Habit.Unexplained)
            {
                history.Add(exchange.At);
                latest = latest > exchange.Until ? latest : exchange.Until;
            }
        }

        return latest;
    }

    /// <summary>The busiest clients, the busiest first; those of which only probes came are left out.</summary>
    /// <param name="most">How many are asked for.</param>
    /// <param name="since">Who did not come since then is left out.</param>
    public BusyClient[] Busiest(int most, TimeSpan since)
    {
        var busiest = new List<Client>();
        foreach (var client in Known)
        {
            if (!client.IsOnlyProbe && client.Last >= since)
            {
                busiest.Add(client);
            }
        }

        busiest.Sort(static (one, other) => other.Weight.CompareTo(one.Weight));
        busiest.RemoveRange(Math.Min(most, busiest.Count), Math.Max(0, busiest.Count - most));
        return busiest.ConvertAll(static client => client.Summary).ToArray();
    }

    private ReadOnlySpan<Client> Known => _clients.AsSpan(0, _count);

    private Client? Find(InternetAddress address)
    {
        foreach (var client in Known)
        {
            if (client.Address == address)
            {
                return client;
            }
        }

        return null;
    }

    private Client FindOrAdd(InternetAddress address)
    {
        var client = Find(address);
        if (client is not null)
        {
            client.Weight++;
            return client;
        }

        if (_count < Most)
        {
            client = _clients[_count++] = new Client(traffic);
            client.Become(address, 1);
            return client;
        }

        client = _clients[0];
        foreach (var other in Known)
        {
            client = other.GoesBefore(client) ? other : client;
        }

        client.Habit.GiveUp();
        client.Become(address, client.Weight + 1);
        return client;
    }

    private sealed class Client(Action<Exchange> traffic)
    {
        private Frequency _connections;
        private Frequency _requests;
        private ulong _segments;
        private ulong _segmentsBefore;
        private int _open;
        private int _moved;

        public InternetAddress Address { get; private set; }

        public double Weight { get; set; }

        public ProbeHabit Habit { get; } = new(traffic);

        public bool IsOnlyProbe => Habit is { IsKnown: true, Unexplained.IsEmpty: true } && _requests.Count == 0;

        public TimeSpan Last => _requests.Last > _connections.Last ? _requests.Last : _connections.Last;

        public BusyClient Summary => new(Address, _open, _requests, _connections);

        /// <summary>True when this one makes room before another: a probe that was recognised outweighs any count.</summary>
        public bool GoesBefore(Client other) =>
            Habit.IsKnown == other.Habit.IsKnown ? Weight < other.Weight : other.Habit.IsKnown;

        public void Become(InternetAddress address, double weight)
        {
            (Address, Weight) = (address, weight);
            (_connections, _requests, _segments, _segmentsBefore, _open, _moved) = (default, default, 0, 0, 0, 0);
        }

        public void BeginOpen() => (_open, _moved, _segments) = (0, 0, 0);

        public void AddOpen(uint segments, bool moved)
        {
            _open++;
            _moved += moved ? 1 : 0;
            _segments += segments;
        }

        public long EndOpen(TimeSpan now)
        {
            // When connections have ended, their segments are missing; each that moved had a request at least.
            var segments = _segmentsBefore > 0 && _segments > _segmentsBefore ? (long)(_segments - _segmentsBefore) : 0;
            _requests.Add(Math.Max(_moved, segments), now);
            _segmentsBefore = _segments;
            return Math.Max(0, segments - _moved);
        }

        public void AddEnded(TimeSpan now) => _connections.Add(1, now);
    }
}

/// <summary>One of those who keep a port busy.</summary>
/// <param name="address">Who.</param>
/// <param name="open">How many connections of it are open.</param>
/// <param name="requests">How often something comes on them.</param>
/// <param name="connections">How often it makes a new one, and that ends.</param>
internal sealed class BusyClient(InternetAddress address, int open, Frequency requests, Frequency connections)
{
    /// <summary>Who.</summary>
    public InternetAddress Address => address;

    /// <summary>How many connections of it are open.</summary>
    public int Open => open;

    /// <summary>How often something comes on them.</summary>
    public Frequency Requests => requests;

    /// <summary>How often it makes a new one, and that ends.</summary>
    public Frequency Connections => connections;
}

/// <summary>How often something happens of late, as a smoothed interval.</summary>
internal struct Frequency
{
    private TimeSpan _interval;

    /// <summary>When it happened last.</summary>
    public TimeSpan Last { get; private set; }

    /// <summary>How often it happened in all.</summary>
    public long Count { get; private set; }

    /// <summary>Counts.</summary>
    /// <param name="count">How often it happened since the last call; 0 changes nothing.</param>
    /// <param name="at">The time, never before that of the last call.</param>
    public void Add(long count, TimeSpan at)
    {
        if (count == 0)
        {
            return;
        }

        if (Count > 0)
        {
            var interval = (at - Last) / count;
            _interval = _interval == TimeSpan.Zero ? interval : ((3 * _interval) + interval) / 4;
        }

        (Last, Count) = (at, Count + count);
    }

    /// <summary>The time from one to the next; null when it happened once or never.</summary>
    public readonly TimeSpan? Interval => Count < 2 ? null : _interval;
}
