using System.Net;
using System.Net.Sockets;
using Prestop.Testing;

namespace BlackBox.Tests.Idle;

/// <summary>A server in a test network and clients of it that ask once in a while, one byte each way, until they are told to stop.</summary>
internal sealed class Traffic : IAsyncDisposable
{
    public const int Port = 8080;

    private const byte Stream = (byte)'S';

    private readonly CancellationTokenSource _stop = new();
    private readonly TestNetwork _network;
    private readonly TcpListener _listener;
    private readonly TaskCompletionSource<IPEndPoint> _firstClient = new();
    private readonly Task _served;
    private Task _asked = Task.CompletedTask;
    private Socket? _kept;
    private long _last;

    public Traffic(TestNetwork network)
    {
        _network = network;
        _listener = network.Inside(() =>
        {
            var listener = new TcpListener(IPAddress.IPv6Any, Port);
            listener.Server.DualMode = true;
            listener.Start();
            return listener;
        });
        _served = ServeAsync();
    }

    /// <summary>How long ago the last byte moved, at least.</summary>
    public TimeSpan SinceLast => TimeProvider.System.GetElapsedTime(Volatile.Read(ref _last));

    /// <summary>Whoever connects first, as it sees itself.</summary>
    public Task<IPEndPoint> FirstClient => _firstClient.Task;

    /// <summary>Begins to ask; returns when the first answer is there.</summary>
    public async Task BeginAsync(TimeSpan every, bool keepAlive, IPAddress address)
    {
        var first = new TaskCompletionSource();
        _asked = AskAsync(every, keepAlive, address, first);
        await await Task.WhenAny(first.Task, _asked);
    }

    /// <summary>Begins one request whose answer streams, a byte every tenth of a second; returns when the first byte is there.</summary>
    /// <param name="address">The server's.</param>
    /// <param name="port">The client's; it may have been another's until now.</param>
    public async Task BeginStreamAsync(IPAddress address, int port = 0)
    {
        _kept = await ConnectFromAsync(address, port);
        await _kept.SendAsync(new[] { Stream });
        _ = await _kept.ReceiveAsync(new byte[1]);
        _asked = DrainAsync(_kept);
    }

    /// <summary>Asks no more; connections stay as they are.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _asked;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _listener.Dispose();
        await _served;
        _kept?.Dispose();
        _stop.Dispose();
    }

    private async Task<Socket> ConnectFromAsync(IPAddress address, int port)
    {
        while (true)
        {
            var socket = _network.Inside(() => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
            try
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
                socket.Bind(new IPEndPoint(address, port));
                await socket.ConnectAsync(address, Port);
                return socket;
            }
            catch (SocketException reason) when (reason.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AddressNotAvailable)
            {
                // The kernel keeps a pair of addresses on loopback for a second (net.ipv4.tcp_tw_reuse).
                socket.Dispose();
                await Task.Delay(20, _stop.Token);
            }
        }
    }

    private async Task AskAsync(TimeSpan every, bool keepAlive, IPAddress address, TaskCompletionSource first)
    {
        var one = new byte[1];
        while (!_stop.IsCancellationRequested)
        {
            var socket = _kept ?? _network.Inside(() => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
            if (!socket.Connected)
            {
                await socket.ConnectAsync(address, Port);
            }

            await socket.SendAsync(one);
            _ = await socket.ReceiveAsync(one);
            Volatile.Write(ref _last, TimeProvider.System.GetTimestamp());
            if (keepAlive)
            {
                _kept = socket;
            }
            else
            {
                socket.Dispose();
            }

            first.TrySetResult();
            await Task.Delay(every, _stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private async Task DrainAsync(Socket socket)
    {
        try
        {
            while (await socket.ReceiveAsync(new byte[100], _stop.Token) > 0)
            {
                Volatile.Write(ref _last, TimeProvider.System.GetTimestamp());
            }
        }
        catch (OperationCanceledException)
        {
            // Enough.
        }
    }

    private async Task ServeAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync();
                _firstClient.TrySetResult((IPEndPoint)socket.RemoteEndPoint!);
                open.Add(AnswerAsync(socket));
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            _kept?.Dispose();
            await Task.WhenAll(open);
        }
    }

    private async Task AnswerAsync(Socket socket)
    {
        using (socket)
        {
            var one = new byte[1];
            try
            {
                while (await socket.ReceiveAsync(one) > 0)
                {
                    await socket.SendAsync(one);
                    while (one[0] == Stream)
                    {
                        await Task.Delay(100, _stop.Token);
                        await socket.SendAsync(one);
                    }
                }
            }
            catch (Exception end) when (end is SocketException or OperationCanceledException)
            {
                // The client is gone, or nobody streams any more.
            }
        }
    }
}
