using System.Text;
using Prestop.Http.Exchange;
using Xunit;

namespace Prestop.Http.Tests.Exchange;

public sealed class AnswerReaderTests
{
    private const string NotHttp = "the answer is not HTTP";
    private const string NoAnswer = "the connection was closed before an answer";
    private const string NoEnd = "the connection was closed before the end of the answer";

    [Theory]
    [InlineData(200, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(204, "HTTP/1.1 204 No Content\r\n\r\n")]
    [InlineData(304, "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n")]
    [InlineData(200, "HTTP/1.0 200\r\ncontent-length:3 \r\n\r\nabc")]
    [InlineData(503, "HTTP/1.1 503 \nContent-Length: 2\n\nno")]
    [InlineData(200, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(101, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")]
    [InlineData(200, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;name=value\r\n0123456789\r\n0\r\n\r\n")]
    [InlineData(200, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\ntransfer-encoding: gzip, Chunked\r\n\r\n0\r\nTrailer: x\r\n\r\n")]
    public void It_ends_where_the_answer_ends(int status, string answer)
    {
        // However the network cuts it.
        foreach (var reader in Readings(answer))
        {
            Assert.Equal((status, true, true), (reader.Status, reader.IsHeadOver, reader.IsOver));
            reader.Close();
        }

        foreach (var reader in Readings(answer[..^1]))
        {
            Assert.False(reader.IsOver);
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nsome of it")]
    public void Without_a_length_the_end_of_the_connection_is_the_end(string answer)
    {
        foreach (var reader in Readings(answer))
        {
            Assert.True(reader.IsHeadOver);
            Assert.False(reader.IsOver);
            reader.Close();
        }
    }

    [Theory]
    [InlineData(NoAnswer, "")]
    [InlineData(NoAnswer, "HTTP/1.1 200 OK\r\nContent-Le")]
    [InlineData(NoAnswer, "HTTP/1.1 100 Continue\r\n\r\n")]
    [InlineData(NoEnd, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc")]
    [InlineData(NoEnd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")]
    [InlineData(NoEnd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")]
    public void An_end_that_comes_too_soon_is_told(string words, string answer)
    {
        foreach (var reader in Readings(answer))
        {
            Assert.Equal(words, Assert.Throws<InvalidDataException>(reader.Close).Message);
        }
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2")]
    [InlineData("\r\nHTTP/1.1 200 OK\r\n\r\n")]
    [InlineData("HTTP/2 200\r\n")]
    [InlineData("HTTP/1.1 20\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n")]
    [InlineData("HTTP/1.1 099 Low\r\n")]
    [InlineData("HTTP/1.1 -20 OK\r\n")]
    [InlineData("HTTP/1.1 2x0 OK\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n")]
    public void What_is_not_HTTP_is_told_at_once(string answer)
    {
        for (var cut = 0; cut <= answer.Length; cut++)
        {
            Assert.Equal(NotHttp, Assert.Throws<InvalidDataException>(() => Read(answer, cut, hasNoBody: false)).Message);
        }
    }

    [Fact]
    public void An_answer_to_HEAD_ends_with_its_head()
    {
        Assert.True(Read("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 0, hasNoBody: true).IsOver);
    }

    [Theory]
    [InlineData("X-Long: ")]
    [InlineData("HTTP/1.1 200 ")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n1;name=")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n0\r\nTrailer: ")]
    public void A_line_without_an_end_is_not_read_for_ever(string start)
    {
        var answer = start.StartsWith("HTTP", StringComparison.Ordinal) ? start : "HTTP/1.1 200 OK\r\n" + start;

        var refusal = Assert.Throws<InvalidDataException>(() => Read(answer + new string('x', 64 * 1024), 0, hasNoBody: false));

        Assert.Equal("the answer's header is too large", refusal.Message);
    }

    [Fact]
    public void A_line_may_be_long_and_only_its_start_counts()
    {
        var reader = Read($"HTTP/1.1 200 {new string('x', 1000)}\r\nSet-Cookie: {new string('y', 60_000)}\r\nContent-Length: 0\r\n\r\n", 0, hasNoBody: false);

        Assert.Equal((200, true), (reader.Status, reader.IsOver));
    }

    private static IEnumerable<AnswerReader> Readings(string answer) =>
        Enumerable.Range(0, answer.Length + 1).Select(cut => Read(answer, cut, hasNoBody: false));

    private static AnswerReader Read(string answer, int cut, bool hasNoBody)
    {
        var reader = new AnswerReader(hasNoBody);
        var bytes = Encoding.ASCII.GetBytes(answer);
        reader.Take(bytes.AsSpan(0, cut));
        reader.Take(bytes.AsSpan(cut));
        return reader;
    }
}
