namespace Prestop.Linux.Sockets;

/// <summary>
/// The socket table by /proc/net/tcp and tcp6, which tell neither when bytes moved nor what ended. What they leave out is
/// guessed from the counters of the namespace, always towards "there was traffic". No socket is kept in memory: of those seen
/// at the last reading only marks are left.
/// </summary>
internal sealed class ProcTable : ISocketTable
{
    private const string IPv4 = "/proc/net/tcp";
    private const string IPv6 = "/proc/net/tcp6";

    private readonly ushort[] _ports;
    private readonly HashSet<ushort> _served = [];
    private Marks _before = new();
    private Marks _now = new();
    private TcpCounters _counters;
    private long _opened;

    /// <summary>Opens the table.</summary>
    /// <param name="ports">The local ports.</param>
    /// <param name="reason">Why there is nothing better.</param>
    /// <exception cref="IOException">There is no such file, or it may not be read.</exception>
    public ProcTable(ushort[] ports, string reason)
    {
        _ports = ports;
        Blindness = reason + "; /proc/net/tcp tells no times: while a connection is open, every TCP segment of the pod counts";
        Read(new FirstReading(), ReadingDepth.Everything);
    }

    /// <inheritdoc/>
    public string? Blindness { get; }

    /// <inheritdoc/>
    public bool Announces => false;

    /// <summary>True when a listener or a connection is to be seen on one of some local ports; false also when nothing can be read.</summary>
    /// <param name="ports">The ports.</param>
    public static bool ShowsAny(ushort[] ports)
    {
        var shows = false;
        try
        {
            ForEach((in TcpSocket socket) =>
                shows |= socket.State is TcpState.Listen or TcpState.Established or TcpState.CloseWait && Array.IndexOf(ports, socket.LocalPort) >= 0);
        }
        catch (IOException)
        {
            return false;
        }

        return shows;
    }

    /// <inheritdoc/>
    public void WaitForEnded(TimeSpan atMost) => throw new NotSupportedException("/proc announces nothing");

    /// <inheritdoc/>
    public void Read(SocketReading reading, ReadingDepth depth)
    {
        reading.Begin(depth);
        if (depth is ReadingDepth.Ended)
        {
            return;
        }

        // Before and after the table, so that what happens meanwhile is rather counted twice than not at all.
        var before = TcpCounters.Read();
        _now.Clear();
        _opened = 0;
        reading.BeginEverything();
        ForEach((in TcpSocket socket) => Add(socket, reading));
        var after = TcpCounters.Read();

        if (after.SegmentsIn != _counters.SegmentsIn || after.SegmentsOut != _counters.SegmentsOut)
        {
            reading.AddMovedUnseen();
        }

        if (after.PassiveOpens - _counters.PassiveOpens > _opened)
        {
            // Opened since the last reading and gone again without a trace: to which port, nobody knows any more.
            reading.AddEndedUnseen();
        }

        _counters = before;
        (_before, _now) = (_now, _before);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void Add(in TcpSocket socket, SocketReading reading)
    {
        var wanted = Array.IndexOf(_ports, socket.LocalPort) >= 0;
        if (socket.State is TcpState.Listen)
        {
            // The kernel lists listeners first, and each family's connections behind its own listeners.
            _served.Add(socket.LocalPort);
            if (wanted)
            {
                reading.AddOpen(socket);
            }

            return;
        }

        // The kernel counts a connection as opened when it is no longer half open.
        var isNew = false;
        if (socket.State is not TcpState.SynReceived)
        {
            isNew = _now.Add(socket) && !_before.Contains(socket);
            _opened += isNew && _served.Contains(socket.LocalPort) ? 1 : 0;
        }

        if (wanted && socket.State is not TcpState.TimeWait)
        {
            reading.AddOpen(isNew ? Fresh(socket) : socket);
        }
        else if (wanted && isNew)
        {
            reading.AddEnded(Fresh(socket));
        }
    }

    private static TcpSocket Fresh(in TcpSocket socket) => socket with { SentAgo = 0, ReceivedAgo = 0 };

    private static void ForEach(Taker take)
    {
        ForEach(IPv4, isOptional: false, take);
        ForEach(IPv6, isOptional: true, take); // A kernel without IPv6 has no such file.
    }

    private static void ForEach(string path, bool isOptional, Taker take)
    {
        if (!ProcFile.TryOpen(path, stackalloc byte[ProcFile.BufferLength], out var file))
        {
            if (isOptional)
            {
                return;
            }

            throw new IOException($"{path}: no such file");
        }

        using (file)
        {
            // A sandbox may put an empty file in the place of what it hides.
            if (!file.MoveNext() || !file.Line.TrimStart((byte)' ').StartsWith("sl "u8))
            {
                throw new IOException($"{path}: not understood");
            }

            while (file.MoveNext())
            {
                take(ProcLine.TryRead(file.Line, out var socket) ? socket : throw new IOException($"{path}: not understood"));
            }
        }
    }

    private delegate void Taker(in TcpSocket socket);

    /// <summary>
    /// Which connections were seen: a mark for each, in a room that does not grow. Two may share a mark; then a new one is taken for one that is known, and the
    /// counters tell that a connection was opened which was not seen.
    /// </summary>
    private sealed class Marks
    {
        private const int Count = 1 << 17;
        private const int OfEach = 4; // with 1,000 others on the node's table, one in a million new ones is taken for one of them

        private readonly ulong[] _bits = new ulong[Count / 64];

        public void Clear() => Array.Clear(_bits);

        /// <summary>Sets a connection's marks; false when all are set already.</summary>
        public bool Add(in TcpSocket socket)
        {
            var isNew = false;
            var place = Hash(socket, 0);
            var step = Hash(socket, 1) | 1;
            for (var i = 0; i < OfEach; i++, place += step)
            {
                ref var bits = ref _bits[(place & (Count - 1)) / 64];
                isNew |= (bits & (1UL << place)) == 0;
                bits |= 1UL << place;
            }

            return isNew;
        }

        public bool Contains(in TcpSocket socket)
        {
            var place = Hash(socket, 0);
            var step = Hash(socket, 1) | 1;
            for (var i = 0; i < OfEach; i++, place += step)
            {
                if ((_bits[(place & (Count - 1)) / 64] & (1UL << place)) == 0)
                {
                    return false;
                }
            }

            return true;
        }

        private static int Hash(in TcpSocket socket, int seed) =>
            HashCode.Combine(seed, socket.LocalAddress, socket.LocalPort, socket.RemoteAddress, socket.RemotePort);
    }
}
