using System.Net;
using System.Net.Sockets;
using Prestop.Core.Addresses;
using Prestop.Linux.Sockets;
using Xunit;

namespace Prestop.Linux.Tests.Sockets;

/// <summary>The real kernel, with connections over loopback. Notices come from a kernel worker, so they are waited for.</summary>
public sealed class SocketTableTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _listener = new(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
    private readonly ushort _port;
    private readonly ISocketTable _table;
    private readonly ListedReading _reading = new();

    public SocketTableTests()
    {
        _listener.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        _listener.Listen();
        _port = (ushort)((IPEndPoint)_listener.LocalEndPoint!).Port;
        _table = SocketTable.Open([_port]);
    }

    public void Dispose()
    {
        _table.Dispose();
        _listener.Dispose();
    }

    [Fact]
    public void Netlink_sees_everything() => Assert.Null(_table.Blindness);

    [Fact]
    public async Task The_end_of_a_connection_ends_the_wait_for_it()
    {
        var waiting = Task.Run(() => _table.WaitForEnded(Patience));
        Connect(IPAddress.Loopback).Dispose();
        _listener.Accept().Dispose();

        await waiting.WaitAsync(Patience / 2);
    }

    [Fact]
    public void A_listener_is_seen_with_the_connections_that_wait_for_it()
    {
        using var client = Connect(IPAddress.Loopback);

        var listener = Assert.Single(Open(), socket => socket.State is TcpState.Listen);

        Assert.Equal(1u, listener.ReceiveQueue);
        Assert.False(Assert.Single(Open(), socket => socket.State is TcpState.Established).IsHeld);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void An_open_connection_is_seen_with_both_ends(string address)
    {
        using var client = Connect(IPAddress.Parse(address));
        using var server = _listener.Accept();

        TcpSocket socket = Assert.Single(Open(), socket => socket.State is TcpState.Established);

        Assert.Equal((_port, PortOf(client)), (socket.LocalPort, socket.RemotePort));
        Assert.Equal(InternetAddress.From(IPAddress.Parse(address)), socket.RemoteAddress);
        Assert.True(socket.IsHeld);
        Assert.True(socket.SegmentsReceived > 0);
    }

    [Fact]
    public void What_a_connection_carried_is_counted_while_it_is_open_and_when_it_has_ended()
    {
        using var client = Connect(IPAddress.Loopback);
        var server = _listener.Accept();
        client.Send(new byte[100]);
        Until(() => server.Available == 100);
        server.Send(new byte[2_000]);
        Until(() => client.Available == 2_000);

        Until(() => Carried(Assert.Single(Open(), socket => socket.RemotePort == PortOf(client))));

        client.Dispose();
        server.Dispose();
        TcpSocket? ended = null;
        Until(() =>
        {
            _table.Read(_reading, ReadingDepth.Ended);
            ended = _reading.Ended.Find(socket => socket.RemotePort != 0) is { RemotePort: not 0 } found ? found : ended;
            return ended is not null;
        });
        Assert.Equal((100ul, 1u), (ended!.Value.BytesReceived, ended.Value.DataSegmentsReceived));

        // In the count of what was confirmed a SYN is a byte.
        static bool Carried(in TcpSocket socket) =>
            socket is { BytesReceived: 100, DataSegmentsReceived: 1, BytesConfirmed: >= 2_000 and <= 2_002 };
    }

    [Fact]
    public void Known_connections_are_seen_again_without_a_dump()
    {
        using var client = Connect(IPAddress.Loopback);
        using var server = _listener.Accept();
        _ = Open();
        client.Send([1, 2, 3]);

        // Another test's connection may have been opened meanwhile, and then the whole table is read.
        Until(() =>
        {
            _table.Read(_reading, ReadingDepth.Known);
            return _reading.Depth is ReadingDepth.Known;
        });

        var socket = Assert.Single(_reading.Open);
        Assert.Equal((PortOf(client), 3u), (socket.RemotePort, socket.ReceiveQueue));
    }

    [Fact]
    public void More_known_connections_than_one_batch_are_all_seen_again()
    {
        var sockets = new List<Socket>();
        try
        {
            for (var i = 0; i < 150; i++)
            {
                sockets.Add(Connect(IPAddress.Loopback));
                sockets.Add(_listener.Accept());
            }

            _ = Open();
            Until(() =>
            {
                _table.Read(_reading, ReadingDepth.Known);
                return _reading.Depth is ReadingDepth.Known;
            });

            Assert.Equal(150, _reading.Open.Count(socket => socket.State is TcpState.Established));
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public void A_connection_opened_since_the_last_dump_is_seen_too()
    {
        _ = Open();
        using var client = Connect(IPAddress.Loopback);

        _table.Read(_reading, ReadingDepth.Known);

        Assert.Single(_reading.Open, socket => socket.RemotePort == PortOf(client));
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("::1", true)]
    [InlineData("::1", false)]
    public void A_connection_that_opened_and_closed_between_two_readings_is_seen(string address, bool clientFirst)
    {
        var remotePort = OpenAndClose(IPAddress.Parse(address), clientFirst);

        var ended = UntilEnded(socket => socket.RemotePort == remotePort);

        Assert.Equal(InternetAddress.From(IPAddress.Parse(address)), ended.RemoteAddress);
        Assert.NotEqual(0u, ended.SegmentsReceived);
    }

    [Fact]
    public void A_connection_that_its_program_reset_is_seen_without_its_other_end()
    {
        using (var client = Connect(IPAddress.Loopback))
        using (var server = _listener.Accept())
        {
            server.LingerState = new LingerOption(true, 0);
        }

        var ended = UntilEnded(socket => socket.SegmentsReceived == 0);

        Assert.Equal(0, ended.RemotePort);
        Assert.NotEqual(ended.SentAgo, ended.ReceivedAgo);
    }

    [Fact]
    public void A_listener_that_closes_is_told_from_a_connection_by_its_times()
    {
        _listener.Dispose();

        var ended = UntilEnded(socket => socket.RemotePort == 0);

        Assert.Equal(ended.SentAgo, ended.ReceivedAgo);
    }

    [Fact]
    public void Other_ports_are_left_out()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(other.LocalEndpoint);

        Assert.All(Open(), socket => Assert.Equal(_port, socket.LocalPort));
    }

    [Fact]
    public void Several_ports_are_seen_at_once()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = (ushort)((IPEndPoint)other.LocalEndpoint).Port;
        using var table = SocketTable.Open([_port, 1, port]);

        table.Read(_reading, ReadingDepth.Everything);

        Assert.Equal([_port, port], _reading.Open.Select(socket => socket.LocalPort).Distinct().Order().ToArray().OrderBy(seen => seen == port));
    }

    [Fact]
    public void More_notices_than_there_is_room_for_are_admitted()
    {
        Until(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                OpenAndClose(IPAddress.Loopback, clientFirst: true);
            }

            return OverrunSeen();
        });

        bool OverrunSeen()
        {
            // Nothing is read until the buffer must be full: by default 208 KiB, and each notice takes more than 1 KiB of it.
            for (var i = 0; i < 300; i++)
            {
                OpenAndClose(IPAddress.Loopback, clientFirst: true);
            }

            _table.Read(_reading, ReadingDepth.Ended);
            return _reading.EndedUnseen;
        }
    }

    [Fact]
    public void A_table_that_is_closed_leaves_no_descriptor()
    {
        var table = SocketTable.Open([_port]);
        table.Dispose();

        Assert.Throws<ObjectDisposedException>(() => table.Read(_reading, ReadingDepth.Everything));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void An_MPTCP_connection_is_seen_with_what_its_program_has_not_read(string text)
    {
        if (!File.Exists("/proc/sys/net/mptcp/enabled"))
        {
            Assert.Throws<SocketException>(() => MultipathSocket.Create(AddressFamily.InterNetwork));
            return; // A kernel without MPTCP has nothing to show.
        }

        var address = IPAddress.Parse(text);
        using var listener = MultipathSocket.Create(address.AddressFamily);
        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen();
        var port = (ushort)((IPEndPoint)listener.LocalEndPoint!).Port;
        using var table = SocketTable.Open([port]);
        using var client = MultipathSocket.Create(address.AddressFamily);
        client.Connect(listener.LocalEndPoint!);
        using var server = listener.Accept();
        TcpSocket Whole(ReadingDepth depth)
        {
            table.Read(_reading, depth);
            return Assert.Single(_reading.Open, socket => socket.IsMultipath);
        }

        Assert.Equal((0u, 0u, true), (Whole(ReadingDepth.Everything).ReceiveQueue, Whole(ReadingDepth.Everything).SendQueue, Whole(ReadingDepth.Everything).IsHeld));
        client.Send([1]);
        Until(() => Whole(ReadingDepth.Known).ReceiveQueue > 0);
        Assert.Equal(1, server.Receive(new byte[10]));
        Until(() => Whole(ReadingDepth.Known).ReceiveQueue == 0);
    }

    [Fact]
    public void The_proc_table_keeps_no_socket_in_memory()
    {
        var sockets = new List<Socket>();
        try
        {
            using var table = new ProcTable([_port], "");
            var reading = new FirstReading();
            var few = AllocatedBy(table, reading);
            for (var i = 0; i < 200; i++)
            {
                sockets.Add(Connect(IPAddress.Loopback));
                sockets.Add(_listener.Accept());
            }

            Assert.InRange(AllocatedBy(table, reading), 0, few + 1000);
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }

        static long AllocatedBy(ProcTable table, SocketReading reading)
        {
            table.Read(reading, ReadingDepth.Everything);
            var before = GC.GetAllocatedBytesForCurrentThread();
            table.Read(reading, ReadingDepth.Everything);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void What_proc_shows_on_a_port_can_be_asked_for()
    {
        Assert.True(ProcTable.ShowsAny([1, _port]));
        Assert.False(ProcTable.ShowsAny([1]));
    }

    [Fact]
    public void The_proc_table_sees_what_is_open_and_says_what_it_does_not_see()
    {
        using var table = new ProcTable([_port], "netlink: not permitted");
        using var client = Connect(IPAddress.Loopback);
        using var server = _listener.Accept();

        table.Read(_reading, ReadingDepth.Known);

        TcpSocket socket = Assert.Single(_reading.Open, socket => socket.State is TcpState.Established);
        Assert.Equal((PortOf(client), 0u), (socket.RemotePort, socket.ReceivedAgo));
        Assert.True(_reading.MovedUnseen);
        Assert.Contains(_reading.Open, open => open.State is TcpState.Listen);
        Assert.StartsWith("netlink: not permitted; /proc/net/tcp tells no times", table.Blindness);
    }

    [Fact]
    public void The_proc_table_sees_a_connection_that_the_server_closed_between_two_readings()
    {
        using var table = new ProcTable([_port], "");
        var remotePort = OpenAndClose(IPAddress.Loopback, clientFirst: false);

        table.Read(_reading, ReadingDepth.Known);

        Assert.Contains(_reading.Ended, socket => socket.RemotePort == remotePort);
    }

    [Fact]
    public void The_proc_table_knows_that_a_connection_came_and_went_without_a_trace()
    {
        using var table = new ProcTable([_port], "");
        OpenAndClose(IPAddress.Loopback, clientFirst: true);

        table.Read(_reading, ReadingDepth.Known);

        Assert.True(_reading.EndedUnseen);
    }

    private static ushort PortOf(Socket client) => (ushort)((IPEndPoint)client.LocalEndPoint!).Port;

    private static void Until(Func<bool> holds)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience, $"not within {Patience}");
        }
    }

    private Socket Connect(IPAddress address)
    {
        var client = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(address, _port);
        return client;
    }

    /// <summary>One byte each way, then both sides close, and both know that the other has.</summary>
    private ushort OpenAndClose(IPAddress address, bool clientFirst)
    {
        using var client = Connect(address);
        using var server = _listener.Accept();
        var port = PortOf(client);
        (var first, var second) = clientFirst ? (client, server) : (server, client);
        first.Send([1]);
        Assert.Equal(1, second.Receive(new byte[1]));
        first.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, second.Receive(new byte[1]));
        second.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, first.Receive(new byte[1]));
        return port;
    }

    private List<TcpSocket> Open()
    {
        _table.Read(_reading, ReadingDepth.Everything);
        return _reading.Open;
    }

    private TcpSocket UntilEnded(Predicate<TcpSocket> wanted)
    {
        TcpSocket? found = null;
        Until(() =>
        {
            _table.Read(_reading, ReadingDepth.Ended);
            foreach (var ended in _reading.Ended.FindAll(wanted))
            {
                found = ended;
            }

            return found is not null;
        });
        return found!.Value;
    }
}
