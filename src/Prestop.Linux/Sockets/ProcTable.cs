namespace Prestop.Linux.Sockets;

/// <summary>
/// The socket table by /proc/net/tcp and tcp6, which tell neither when bytes moved nor what ended. What they leave out is
/// guessed from the counters of the namespace, always towards "there was traffic".
/// </summary>
internal sealed class ProcTable : ISocketTable
{
    private readonly ushort[] _ports;
    private readonly List<TcpSocket> _sockets = [];
    private readonly HashSet<ushort> _served = [];
    private HashSet<Pair> _before = [];
    private HashSet<Pair> _now = [];
    private TcpCounters _counters;

    /// <summary>Opens the table.</summary>
    /// <param name="ports">The local ports.</param>
    /// <param name="reason">Why there is nothing better.</param>
    /// <exception cref="IOException">There is no such file, or it may not be read.</exception>
    public ProcTable(ushort[] ports, string reason)
    {
        _ports = ports;
        Blindness = reason + "; /proc/net/tcp tells no times: while a connection is open, every TCP segment of the pod counts";
        Read(new DiscardedReading(), ReadingDepth.Everything);
    }

    /// <inheritdoc/>
    public string? Blindness { get; }

    /// <inheritdoc/>
    public bool Announces => false;

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

        // Before and after the table, so that what opens meanwhile is rather counted twice than not at all.
        var before = TcpCounters.Read();
        ReadSockets();
        var after = TcpCounters.Read();

        var unexplained = after.PassiveOpens - _counters.PassiveOpens;
        var moved = after.SegmentsIn != _counters.SegmentsIn || after.SegmentsOut != _counters.SegmentsOut;
        _counters = before;
        _now.Clear();
        reading.BeginEverything();
        foreach (var socket in _sockets)
        {
            var wanted = Array.IndexOf(_ports, socket.LocalPort) >= 0;
            if (socket.State is TcpState.Listen)
            {
                if (wanted)
                {
                    reading.AddOpen(socket);
                }

                continue;
            }

            var incoming = _served.Contains(socket.LocalPort);
            var isNew = _now.Add(PairOf(socket)) && !_before.Contains(PairOf(socket));
            if (incoming && isNew && socket.State is not TcpState.SynReceived)
            {
                unexplained--;
            }

            if (!wanted)
            {
                continue;
            }

            if (socket.State is not TcpState.TimeWait)
            {
                reading.AddOpen(isNew || moved ? Fresh(socket) : socket);
            }
            else if (isNew)
            {
                reading.AddEnded(Fresh(socket));
            }
        }

        if (unexplained > 0)
        {
            // Opened since the last reading and gone again without a trace: to which port, nobody knows any more.
            reading.AddEndedUnseen();
        }

        (_before, _now) = (_now, _before);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static TcpSocket Fresh(in TcpSocket socket) => socket with { SentAgo = 0, ReceivedAgo = 0 };

    private void ReadSockets()
    {
        _sockets.Clear();
        _served.Clear();
        ReadFile("/proc/net/tcp", isOptional: false);
        ReadFile("/proc/net/tcp6", isOptional: true);
    }

    private void ReadFile(string path, bool isOptional)
    {
        // A kernel without IPv6 has no second file.
        if (isOptional && !File.Exists(path))
        {
            return;
        }

        var text = ProcFile.Read(path);
        foreach (var range in text.Split((byte)'\n'))
        {
            if (ProcLine.TryRead(text[range], out var socket))
            {
                _sockets.Add(socket);
                if (socket.State is TcpState.Listen)
                {
                    _served.Add(socket.LocalPort);
                }
            }
        }
    }

    private static Pair PairOf(in TcpSocket socket) =>
        new(socket.LocalAddress, socket.LocalPort, socket.RemoteAddress, socket.RemotePort);

    /// <summary>The two ends of a connection.</summary>
    private readonly record struct Pair(InternetAddress Local, ushort LocalPort, InternetAddress Remote, ushort RemotePort);
}
