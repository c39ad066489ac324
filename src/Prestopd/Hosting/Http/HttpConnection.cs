using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Prestop.Core.Messages;

namespace Prestopd.Hosting;

/// <summary>One connection: reads requests, has them answered and writes the answers, one after the other.</summary>
internal sealed class HttpConnection : ConnectionTable.Entry, HttpRequest.IClient, IDisposable
{
    /// <summary>A health check's head is 100 to 400 bytes; where one is longer, the buffer grows.</summary>
    private const int FirstSize = 1024;

    private const int SizeForBodies = 16 * 1024;

    /// <summary>What is read of bytes that nobody asked for, so that the connection can be used again or closed without losing the answer.</summary>
    private const int MostDiscarded = 128 * 1024;

    /// <summary>A client that sends requests faster than they are answered does not keep the others waiting for longer.</summary>
    private const int AnsweredInARow = 64;

    /// <summary>What a TLS handshake begins with: the type of its record (RFC 8446, 5.1).</summary>
    private const byte Handshake = 22;

    private readonly HttpServer _server;
    private readonly Socket _socket;
    private readonly NetworkStream _plain;
    private SslStream? _tls;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstSize);
    private int _start;
    private int _end;
    private int _inARow;
    private BodyFraming _body;
    private bool _expectsContinue;
    private bool _keepsAlive;
    private bool _isHttp10;
    private CancellationTokenSource? _gone;
    private Task _watch = Task.CompletedTask;

    /// <param name="server">Whose connection this is.</param>
    /// <param name="socket">The connection; it is closed at the end.</param>
    public HttpConnection(HttpServer server, Socket socket)
    {
        (_server, _socket, _plain) = (server, socket, new NetworkStream(socket));
        var peer = (IPEndPoint)socket.RemoteEndPoint!;
        Address = peer.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(peer.Address.MapToIPv4(), peer.Port) : peer;
        IsLoopback = IPAddress.IsLoopback(Address.Address);
    }

    /// <inheritdoc/>
    public IPEndPoint Address { get; }

    /// <inheritdoc/>
    public override bool IsLoopback { get; }

    /// <inheritdoc/>
    public CancellationToken Aborted
    {
        get
        {
            if (_gone is null)
            {
                _gone = new CancellationTokenSource();
                _watch = WatchAsync(_gone);
            }

            return _gone.Token;
        }
    }

    private bool IsAborted => _gone is { IsCancellationRequested: true };

    private Stream Stream => _tls ?? (Stream)_plain;

    /// <summary>Serves the connection to its end.</summary>
    public async Task RunAsync()
    {
        if (!_server.Connections.TryAdd(this))
        {
            _socket.Close(0);
            Dispose();
            return;
        }

        try
        {
            if (_server.Certificate is null || await SecureAsync(_server.Certificate()))
            {
                await ServeAsync();
            }
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException)
        {
            // The client is gone.
        }
        finally
        {
            _server.Connections.Remove(this);
            if (_gone is not null)
            {
                End();
                await _watch;
            }

            Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _gone?.Dispose();
        _tls?.Dispose();
        _plain.Dispose();
        _socket.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    /// <inheritdoc/>
    public override void End()
    {
        try
        {
            // Unlike closing, this makes a read that waits return 0: no exception for each of ten thousand connections.
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // It has ended by itself.
        }
    }

    /// <inheritdoc/>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadBodyAsync()
    {
        if (_expectsContinue && !_body.IsEmpty)
        {
            await WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray());
        }

        _expectsContinue = false;
        var body = new ArrayBufferWriter<byte>();

        // A bare null would become an empty memory, by the conversion from an array.
        return await TakeBodyAsync(body, _server.LongestBody) ? body.WrittenMemory : default(ReadOnlyMemory<byte>?);
    }

    /// <summary>Begins to speak TLS. All of the handshake has the time of one request.</summary>
    /// <returns>False when that is not possible.</returns>
    private async ValueTask<bool> SecureAsync(SslStreamCertificateContext certificate)
    {
        _server.Connections.Waits(this, Wait.Request);
        if (await _socket.ReceiveAsync(_buffer.AsMemory(0, 1), SocketFlags.Peek) == 0)
        {
            return false;
        }

        if (_buffer[0] != Handshake)
        {
            await RefuseAsync(400, "this port speaks https\n");
            return false;
        }

        _tls = new SslStream(_plain, leaveInnerStreamOpen: true);
        try
        {
            await _tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = certificate,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                ApplicationProtocols = [SslApplicationProtocol.Http11],
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                AllowRenegotiation = false,
            });
        }
        catch (AuthenticationException error)
        {
            var reason = error.InnerException?.Message ?? error.Message;
            _server.Log.Info("tls_failed", $"TLS handshake with {Address} failed: {reason}", new LogMember("remote", Address), new LogMember("reason", reason));
            return false;
        }

        _server.Connections.Waits(this, Wait.Nothing);
        return true;
    }

    private async Task ServeAsync()
    {
        for (var wait = Wait.Request; ; wait = Wait.NextRequest)
        {
            var length = await ReadHeadAsync(wait);
            if (length == 0)
            {
                return;
            }

            var (refusal, request) = length < 0 ? (-length, null) : ReadRequest(length);
            if (refusal != 0)
            {
                await RefuseAsync(refusal, $"{refusal}\n");
                return;
            }

            var response = await AnswerAsync(request!);
            if (IsAborted)
            {
                return;
            }

            // A client that was not told to send its body may send it all the same.
            _keepsAlive &= _gone is null && !_server.IsStopping && !(_expectsContinue && !_body.IsEmpty);
            await WriteAsync(response, request!.Method is "HEAD");
            if (_keepsAlive && await TakeBodyAsync(null, MostDiscarded))
            {
                continue;
            }

            if (_gone is null && !HasWholeBody())
            {
                await LingerAsync();
            }
            else if (_tls is not null)
            {
                await _tls.ShutdownAsync();
            }

            return;
        }
    }

    /// <summary>What no handler foresaw is 500 and an error in the log, so that one request cannot end the server.</summary>
    private async ValueTask<HttpResponse> AnswerAsync(HttpRequest request)
    {
        try
        {
            return await _server.Handler.AnswerAsync(request);
        }
        catch (OperationCanceledException) when (IsAborted)
        {
            return HttpResponse.Text(500, "");
        }
        catch (Exception error)
        {
            var (path, client) = (OneLine.OfPath(request.Path), Address);
            _server.Log.Error(
                "request_failed",
                $"{OneLine.OfPath(request.Method)} {path} from {client} status 500: {error.GetType().Name}: {error.Message}",
                new LogMember("path", path),
                new LogMember("remote", client),
                new LogMember("error", error.GetType().Name));
            return HttpResponse.Text(500, $"{error.GetType().Name}\n");
        }
    }

    private async ValueTask RefuseAsync(int status, string text)
    {
        _keepsAlive = false;
        await WriteAsync(HttpResponse.Text(status, text), isHead: false);
        await LingerAsync();
    }

    /// <returns>The length of the head; 0 when the connection has ended; less than 0, the status of the refusal.</returns>
    private async ValueTask<int> ReadHeadAsync(Wait wait)
    {
        while (true)
        {
            if (_start < _end)
            {
                wait = Wait.Request;
                if (HeadIn(_buffer.AsSpan(_start, _end - _start)) is not 0 and var found)
                {
                    return found;
                }
            }

            MakeRoom(FirstSize);
            var read = await ReadAsync(wait);
            if (read == 0)
            {
                return 0;
            }

            _end += read;
        }
    }

    private static int HeadIn(ReadOnlySpan<byte> bytes)
    {
        if (!RequestHead.CanBeginWith(bytes[0]))
        {
            return -400;
        }

        var head = RequestHead.EndOf(bytes);
        if (bytes.Length > HttpServer.LongestRequestLine && bytes[..HttpServer.LongestRequestLine].IndexOf((byte)'\n') < 0)
        {
            return -414;
        }

        return head > HttpServer.LongestHead || (head < 0 && bytes.Length >= HttpServer.LongestHead) ? -431 : Math.Max(head, 0);
    }

    private (int Refusal, HttpRequest? Request) ReadRequest(int length)
    {
        var bytes = _buffer.AsMemory(_start, length);
        _start += length;
        var refusal = RequestHead.Read(bytes.Span, out var head);
        if (refusal != 0)
        {
            return (refusal, null);
        }

        if (UrlPath.Decode(head.Path) is not { } path)
        {
            return (400, null);
        }

        (_body, _expectsContinue, _keepsAlive, _isHttp10) = (head.Body, head.ExpectsContinue, head.KeepsAlive, head.IsHttp10);
        bytes.Span.Overlaps(head.Fields, out var fields);
        var request = new HttpRequest(MethodName(head.Method), path, Encoding.UTF8.GetString(head.Query), bytes.Slice(fields, head.Fields.Length), this);
        return (0, request);
    }

    private static string MethodName(ReadOnlySpan<byte> method) =>
        method.SequenceEqual("GET"u8) ? "GET" : method.SequenceEqual("HEAD"u8) ? "HEAD" : Encoding.ASCII.GetString(method);

    /// <summary>Reads the body to its end.</summary>
    /// <param name="into">Where its content goes; null to drop it.</param>
    /// <param name="most">The most bytes.</param>
    /// <returns>False when it is longer, malformed or cut off.</returns>
    private async ValueTask<bool> TakeBodyAsync(ArrayBufferWriter<byte>? into, int most)
    {
        if (_body.IsLongerThan(most))
        {
            return false;
        }

        for (long total = 0; ;)
        {
            if (!TryTakeBody(into, out var taken) || (total += taken) > most)
            {
                return false;
            }

            if (_body.IsEmpty)
            {
                return true;
            }

            if (_start == _end)
            {
                MakeRoom(into is null ? FirstSize : SizeForBodies);
                var read = await ReadAsync(Wait.Request);
                if (read == 0)
                {
                    return false;
                }

                _end += read;
            }
        }
    }

    private bool TryTakeBody(ArrayBufferWriter<byte>? into, out int taken)
    {
        if (!_body.TryTake(_buffer.AsSpan(_start, _end - _start), out taken, out var piece))
        {
            return false;
        }

        into?.Write(piece);
        _start += taken;
        return true;
    }

    private bool HasWholeBody()
    {
        while (TryTakeBody(null, out var taken) && taken > 0)
        {
        }

        return _body.IsEmpty;
    }

    private void MakeRoom(int atLeast)
    {
        var kept = _end - _start;
        if (kept == 0)
        {
            (_start, _end) = (0, 0);
        }

        // What a long head has needed is given back with it.
        var size = kept == 0 ? atLeast : _end < _buffer.Length ? _buffer.Length : _start > 0 ? _buffer.Length : 2 * _buffer.Length;
        if (size > _buffer.Length || size * 2 < _buffer.Length)
        {
            var other = ArrayPool<byte>.Shared.Rent(size);
            _buffer.AsSpan(_start, kept).CopyTo(other);
            ArrayPool<byte>.Shared.Return(_buffer);
            (_buffer, _start, _end) = (other, 0, kept);
        }
        else if (_end == _buffer.Length)
        {
            _buffer.AsSpan(_start, kept).CopyTo(_buffer);
            (_start, _end) = (0, kept);
        }
    }

    private ValueTask<int> ReadAsync(Wait wait)
    {
        var read = Stream.ReadAsync(_buffer.AsMemory(_end));
        if (!read.IsCompleted)
        {
            return WaitedForAsync(read, wait);
        }

        return ++_inARow < AnsweredInARow ? read : YieldedAsync(read);
    }

    private async ValueTask<int> WaitedForAsync(ValueTask<int> read, Wait wait)
    {
        _inARow = 0;
        _server.Connections.Waits(this, wait);
        var length = await read;
        _server.Connections.Waits(this, Wait.Nothing);
        return length;
    }

    private async ValueTask<int> YieldedAsync(ValueTask<int> read)
    {
        _inARow = 0;
        var length = await read;
        await Task.Yield();
        return length;
    }

    private async ValueTask WriteAsync(HttpResponse response, bool isHead)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(response.MaxLength);
        try
        {
            var connection = !_keepsAlive ? "close"u8 : _isHttp10 ? "keep-alive"u8 : default;
            var length = response.Write(bytes, _server.Date, connection, isHead);
            await WriteAsync(bytes.AsMemory(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        var write = Stream.WriteAsync(bytes);
        if (write.IsCompleted)
        {
            await write;
            return;
        }

        _server.Connections.Waits(this, Wait.Request);
        await write;
        _server.Connections.Waits(this, Wait.Nothing);
    }

    /// <summary>
    /// Where the client may still be sending, waits a moment until it has read the answer and closed: closing with unread bytes is a
    /// reset, which can take the answer away from it (RFC 9112, 9.6).
    /// </summary>
    private async ValueTask LingerAsync()
    {
        _server.Connections.Waits(this, Wait.Close);
        if (_tls is not null)
        {
            await _tls.ShutdownAsync();
        }

        _socket.Shutdown(SocketShutdown.Send);
        await DiscardAsync(_plain, _buffer);
    }

    private static async ValueTask DiscardAsync(Stream stream, byte[] buffer)
    {
        for (var total = 0; total < MostDiscarded;)
        {
            var read = await stream.ReadAsync(buffer);
            if (read == 0)
            {
                return;
            }

            total += read;
        }
    }

    private async Task WatchAsync(CancellationTokenSource gone)
    {
        try
        {
            await DiscardAsync(Stream, new byte[64]);
        }
        catch (IOException)
        {
            // A reset is an end, too.
        }

        await gone.CancelAsync();
    }
}
