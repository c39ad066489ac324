using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Prestop.Testing;

/// <summary>What a <see cref="FaultyServer"/> does with one connection; the connection is closed when it ends.</summary>
public delegate Task Script(Conversation conversation);

/// <summary>
/// An HTTP server on bare sockets that does exactly as its scripts say, right or wrong: the first connection gets the first script, the
/// second the second, and all later ones the last. <see cref="Answer"/> has the scripts.
/// </summary>
public sealed class FaultyServer : IAsyncDisposable
{
    private readonly Script[] _scripts;
    private readonly Socket _listener;
    private readonly SslServerAuthenticationOptions? _tls;
    private readonly CancellationTokenSource _stop = new();
    private readonly Pulse _pulse = new();
    private readonly Lock _gate = new();
    private readonly List<Request> _requests = [];
    private readonly List<Task> _conversations = [];
    private readonly Task _accepting;
    private int _open;

    private FaultyServer(Socket listener, ServerCertificate? certificate, Script[] scripts)
    {
        (_listener, _scripts) = (listener, scripts);
        _tls = certificate is null ? null : new SslServerAuthenticationOptions { ServerCertificate = certificate.Load() };
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>How many connections there have been.</summary>
    public int Connections
    {
        get
        {
            lock (_gate)
            {
                return _conversations.Count;
            }
        }
    }

    /// <summary>How many connections the scripts hold at this moment.</summary>
    public int OpenConnections => Volatile.Read(ref _open);

    /// <summary>All requests that were read whole, in the order they ended.</summary>
    public IReadOnlyList<Request> Requests
    {
        get
        {
            lock (_gate)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>Listens on a free port of 127.0.0.1.</summary>
    public static FaultyServer Start(params Script[] scripts) => new Listen().Start(scripts);

    /// <summary><c>http://127.0.0.1:PORT/path</c>, or https.</summary>
    public string Url(string path = "/") =>
        $"{(_tls is null ? "http" : "https")}://{new IPEndPoint(((IPEndPoint)_listener.LocalEndPoint!).Address, Port)}{path}";

    /// <summary>Waits until <paramref name="count"/> requests have been read, and returns the last of them.</summary>
    public Task<Request> WaitForRequestAsync(int count = 1) =>
        UntilAsync(() => Requests.ElementAtOrDefault(count - 1), $"request number {count}");

    /// <summary>Waits until <paramref name="holds"/> is true of this server.</summary>
    public Task WaitUntilAsync(Func<FaultyServer, bool> holds, string description) =>
        UntilAsync(() => holds(this) ? this : null, description);

    /// <summary>Ends all connections. Throws what a script threw, unless it was only that the client had gone.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_conversations);
        _stop.Dispose();
    }

    private async Task<T> UntilAsync<T>(Func<T?> ask, string description)
        where T : class
    {
        var patience = TimeSpan.FromSeconds(60);
        using var bound = new CancellationTokenSource(patience);
        try
        {
            return await _pulse.UntilAsync(ask, bound.Token);
        }
        catch (OperationCanceledException)
        {
            throw new HarnessException($"the server did not see {description} within {patience.TotalSeconds} s:"
                + $" {Connections} connections, {OpenConnections} open, {Requests.Count} requests");
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync(_stop.Token);
            }
            catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }

            Interlocked.Increment(ref _open);
            lock (_gate)
            {
                _conversations.Add(ConverseAsync(socket, _scripts[Math.Min(_conversations.Count, _scripts.Length - 1)]));
            }

            _pulse.Beat();
        }
    }

    private async Task ConverseAsync(Socket socket, Script script)
    {
        await Task.Yield();
        try
        {
            using (socket)
            {
                await using Stream plain = new NetworkStream(socket), stream = _tls is null ? plain : new SslStream(plain);
                if (_tls is not null)
                {
                    await ((SslStream)stream).AuthenticateAsServerAsync(_tls, _stop.Token);
                }

                await script(new Conversation(socket, stream, Record, _stop.Token));
                if (_tls is not null && socket.Connected)
                {
                    await ((SslStream)stream).ShutdownAsync();
                }
            }
        }
        catch (Exception gone) when (gone is IOException or SocketException or ObjectDisposedException or OperationCanceledException
            or System.Security.Authentication.AuthenticationException)
        {
            // The client went away, or refused our certificate, or the test is over: every test of a fault sees that.
        }
        finally
        {
            Interlocked.Decrement(ref _open);
            _pulse.Beat();
        }
    }

    private void Record(Request request)
    {
        lock (_gate)
        {
            _requests.Add(request);
        }

        _pulse.Beat();
    }

    /// <summary>Where and how a <see cref="FaultyServer"/> listens.</summary>
    public sealed record Listen
    {
        public IPAddress Address { get; init; } = IPAddress.Loopback;

        /// <summary>0 for any free one.</summary>
        public int Port { get; init; }

        /// <summary>Listen on this unix socket instead.</summary>
        public string? UnixSocket { get; init; }

        /// <summary>Listen in this network; null for this machine's own, where every program that was not given a network is too.</summary>
        public TestNetwork? Network { get; init; }

        /// <summary>Speak TLS with this certificate.</summary>
        public ServerCertificate? Certificate { get; init; }

        public FaultyServer Start(params Script[] scripts) =>
            new(Network is null ? Open() : Network.Inside(Open), Certificate, scripts.Length > 0 ? scripts : [Answer.Status(200)]);

        private Socket Open()
        {
            EndPoint end = UnixSocket is null ? new IPEndPoint(Address, Port) : new UnixDomainSocketEndPoint(UnixSocket);
            var socket = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
            socket.Bind(end);
            socket.Listen();
            return socket;
        }
    }
}
