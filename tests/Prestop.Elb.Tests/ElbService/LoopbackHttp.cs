using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Prestop.Elb.Tests.ElbService;

/// <summary>Answers on a loopback port: HTTP/1.1, connections that stay open, and every way to fail that a test asks for.</summary>
internal sealed class LoopbackHttp : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;

    private readonly Func<HttpCall, HttpReply> _answer;
    private readonly Func<DateTimeOffset> _date;

    public LoopbackHttp(Func<HttpCall, HttpReply> answer, Func<DateTimeOffset>? date = null)
    {
        (_answer, _date) = (answer, date ?? TimeProvider.System.GetUtcNow);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/"));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the test.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var unread = new List<byte>();
                while (await ReadAsync(stream, unread) is { } request && await ReplyAsync(client, stream, _answer(request)))
                {
                }
            }
            catch (Exception thrown) when (thrown is OperationCanceledException or IOException)
            {
                // The client has gone, or the test is over.
            }
        }
    }

    private async Task<HttpCall?> ReadAsync(NetworkStream stream, List<byte> unread)
    {
        while (true)
        {
            var text = Encoding.Latin1.GetString([.. unread]);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                var lines = text[..end].Split("\r\n");
                var headers = lines.Skip(1).Select(line => line.Split(':', 2)).ToDictionary(pair => pair[0].ToLowerInvariant(), pair => pair[1].Trim());
                var length = headers.TryGetValue("content-length", out var said) ? int.Parse(said, CultureInfo.InvariantCulture) : 0;
                if (unread.Count >= end + 4 + length)
                {
                    var body = unread.GetRange(end + 4, length).ToArray();
                    unread.RemoveRange(0, end + 4 + length);
                    var start = lines[0].Split(' ');
                    return new HttpCall(start[0], start[1], headers, body);
                }
            }

            var buffer = new byte[16 * 1024];
            var count = await stream.ReadAsync(buffer, _stop.Token);
            if (count == 0)
            {
                return null;
            }

            unread.AddRange(buffer[..count]);
        }
    }

    private async Task<bool> ReplyAsync(TcpClient client, NetworkStream stream, HttpReply answer)
    {
        if (answer.Hangs)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _stop.Token);
        }

        if (answer.IsReset)
        {
            // Closing without lingering sends RST.
            client.LingerState = new LingerOption(true, 0);
            return false;
        }

        var body = Encoding.UTF8.GetBytes(answer.Body);
        var head = $"HTTP/1.1 {answer.Status} Status\r\nDate: {_date():R}\r\nContent-Type: {answer.ContentType}\r\nContent-Length: {body.Length}\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head), _stop.Token);
        await stream.WriteAsync(answer.IsCut ? body.AsMemory(0, body.Length / 2) : body, _stop.Token);
        return !answer.IsCut;
    }
}
