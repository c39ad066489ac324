using System.Net;
using System.Net.Sockets;
using System.Text;
using Prestop.Http.Exchange;
using Xunit;

namespace Prestop.Http.Tests.Exchange;

public sealed class HttpExchangeTests : IDisposable
{
    private readonly Socket _server;
    private readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public HttpExchangeTests()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _client.Connect(listener.LocalEndPoint!);
        _server = listener.Accept();
    }

    public void Dispose()
    {
        _server.Dispose();
        _client.Dispose();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Task<int> RunAsync(Stream connection, int requestLength = 10, Predicate<int>? isToEnd = null) =>
        HttpExchange.RunAsync(connection, new byte[requestLength], hasNoBody: false, isToEnd ?? (_ => false), Cancellation);

    private void Answer(string text) => _server.Send(Encoding.ASCII.GetBytes(text));

    [Fact]
    public async Task The_head_is_the_answer()
    {
        await using var connection = new NetworkStream(_client);
        Answer("HTTP/1.1 503 Busy\r\nContent-Length: 9\r\n\r\n");

        Assert.Equal(503, await RunAsync(connection));
    }

    [Fact]
    public async Task The_end_of_the_body_is_waited_for_where_it_is_asked_for()
    {
        await using var connection = new NetworkStream(_client);
        Answer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab");
        var asked = new List<int>();

        var running = RunAsync(connection, isToEnd: status =>
        {
            asked.Add(status);
            return true;
        });
        Assert.False(running.IsCompleted);
        Answer("c");

        Assert.Equal(200, await running);
        Assert.Equal(200, asked[0]);
    }

    [Fact]
    public async Task An_answer_counts_though_the_server_reads_no_more_of_the_request()
    {
        await using var connection = new NetworkStream(_client);
        Answer("HTTP/1.1 413 Too Large\r\n\r\n");

        Assert.Equal(413, await RunAsync(connection, requestLength: 20_000_000));
    }

    [Fact]
    public async Task A_silent_server_is_given_up_when_patience_ends()
    {
        await using var connection = new PatientStream(_client, TimeProvider.System) { Patience = TimeSpan.FromMilliseconds(20) };

        await Assert.ThrowsAsync<TimeoutException>(() => RunAsync(connection));
    }

    [Fact]
    public async Task Bytes_that_are_there_when_patience_ends_are_read()
    {
        Answer("HTTP/1.1 200 OK\r\n\r\n");
        await using var connection = new PatientStream(_client, new ImpatientTime()) { Patience = TimeSpan.FromMinutes(1) };

        Assert.Equal(200, await RunAsync(connection));
    }

    /// <summary>The first timer is due at once, as it is found by a process that got no CPU time for long.</summary>
    private sealed class ImpatientTime : TimeProvider
    {
        private bool _wasImpatient;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (!_wasImpatient)
            {
                _wasImpatient = true;
                callback(state);
            }

            return System.CreateTimer(callback, state, dueTime, period);
        }
    }
}
