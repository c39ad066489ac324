using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Prestop.Testing;

/// <summary>One connection to a <see cref="FaultyServer"/>, as its script sees it.</summary>
public sealed class Conversation
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly Action<Request> _record;

    internal Conversation(Socket socket, Stream stream, Action<Request> record, CancellationToken serverStops) =>
        (_socket, _stream, _record, ServerStops) = (socket, stream, record, serverStops);

    /// <summary>Cancelled when the server is disposed: what holds a connection open must end with it.</summary>
    public CancellationToken ServerStops { get; }

    /// <summary>Reads a whole request and keeps it for <see cref="FaultyServer.Requests"/>.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public async Task<Request> ReadRequestAsync()
    {
        var start = (await ReadLineAsync()).Split(' ');
        if (start.Length < 2)
        {
            throw new InvalidDataException($"no request: {start[0]}");
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var line = await ReadLineAsync(); line.Length > 0; line = await ReadLineAsync())
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
            {
                throw new InvalidDataException($"no header field: {line}");
            }

            var (name, value) = (line[..colon], line[(colon + 1)..].Trim());
            headers[name] = headers.TryGetValue(name, out var first) ? $"{first}, {value}" : value;
        }

        var request = new Request(start[0], start[1], headers, await ReadBodyAsync(headers));
        _record(request);
        return request;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await _stream.WriteAsync(bytes, ServerStops);
        await _stream.FlushAsync(ServerStops);
    }

    /// <summary>Waits until the client closes its end.</summary>
    public async Task UntilHangUpAsync()
    {
        while (await _stream.ReadAsync(new byte[4096], ServerStops) > 0)
        {
        }
    }

    /// <summary>Ends the connection by RST instead of FIN: the client sees ECONNRESET.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Close();
    }

    private async Task<string> ReadBodyAsync(Dictionary<string, string> headers)
    {
        if (headers.TryGetValue("Content-Length", out var length))
        {
            return int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                ? Encoding.UTF8.GetString(await ReadExactlyAsync(count))
                : throw new InvalidDataException($"no length: {length}");
        }

        if (!headers.ContainsKey("Transfer-Encoding"))
        {
            return "";
        }

        var body = new MemoryStream();
        while (true)
        {
            var size = int.Parse(await ReadLineAsync(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            body.Write(await ReadExactlyAsync(size));
            await ReadLineAsync();
            if (size == 0)
            {
                return Encoding.UTF8.GetString(body.ToArray());
            }
        }
    }

    private async Task<byte[]> ReadExactlyAsync(int length)
    {
        var bytes = new byte[length];
        await _stream.ReadExactlyAsync(bytes, ServerStops);
        return bytes;
    }

    // Byte by byte: slow and simple, and never reads into the next request.
    private async Task<string> ReadLineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            var next = (char)(await ReadExactlyAsync(1))[0];
            if (next == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append(next);
        }
    }
}
