using System.Text;
using Prestopd.Hosting;
using Xunit;

namespace Prestopd.Tests.Hosting;

/// <summary>RFC 9112 to the letter where it leaves no choice, and the stricter reading where two readers could differ.</summary>
public sealed class RequestHeadTests
{
    private static int Read(string request, out RequestHead head)
    {
        var bytes = Encoding.Latin1.GetBytes(request);
        Assert.Equal(bytes.Length, RequestHead.EndOf(bytes));
        return RequestHead.Read(bytes, out head);
    }

    [Theory]
    [InlineData("/", "/", "")]
    [InlineData("/a/./b/../c", "/a/./b/../c", "")]
    [InlineData("//healthz", "//healthz", "")]
    [InlineData("/x?a=1&b=?", "/x", "a=1&b=?")]
    [InlineData("/x?", "/x", "")]
    [InlineData("/x#y", "/x#y", "")]
    [InlineData("http://pod:8080/x?a=1", "/x", "a=1")]
    [InlineData("HTTPS://pod?a=1", "/", "a=1")]
    [InlineData("http://pod", "/", "")]
    [InlineData("http://pod:/x", "/x", "")]
    [InlineData("http://[::1]:8080/x", "/x", "")]
    [InlineData("http://[::1]", "/", "")]
    public void A_target_is_a_path_and_a_query_as_they_were_sent(string target, string path, string query)
    {
        Assert.Equal(0, Read($"GET {target} HTTP/1.1\r\nHost: pod\r\n\r\n", out var head));

        Assert.Equal(path, Encoding.Latin1.GetString(head.Path));
        Assert.Equal(query, Encoding.Latin1.GetString(head.Query));
        Assert.Equal("GET", Encoding.Latin1.GetString(head.Method));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a/\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.0\r\nHost: a?\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\0\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", 400)]
    [InlineData("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / x HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET /\tx HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET http://a:b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET http://a:1:2/ HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET http://:80/ HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET http://a@b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET http://[::1/ HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET /\r\n\r\n", 400)]
    [InlineData("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTPS/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505)]
    [InlineData("PRI * HTTP/2.0\r\n\r\n", 505)]
    [InlineData("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n", 417)]
    public void What_is_no_request_or_could_be_two_is_refused(string request, int status) => Assert.Equal(status, Read(request, out _));

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true)]
    [InlineData("GET / HTTP/1.1\nHost: a\n\n", true)]
    [InlineData("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", true)]
    [InlineData("GET / HTTP/1.1\r\nHost:\r\n\r\n", true)]
    [InlineData("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", true)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nconnection: x , CLOSE\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.0\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true)]
    [InlineData("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false)]
    public void A_connection_is_kept_as_version_and_Connection_say(string request, bool keeps)
    {
        Assert.Equal(0, Read(request, out var head));

        Assert.Equal(keeps, head.KeepsAlive);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\r\n")]
    [InlineData("\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\n\rX: b\r\n")]
    public void A_head_without_its_empty_line_has_no_end(string part) => Assert.Equal(-1, RequestHead.EndOf(Encoding.Latin1.GetBytes(part)));

    [Fact]
    public void Fields_are_found_by_name_whatever_their_case()
    {
        Assert.Equal(0, Read("GET / HTTP/1.1\r\nHost: a\r\nUSER-agent: \t kube-probe/1.34 \r\nuser-agent: second\r\n\r\n", out var head));
        var request = new HttpRequest("GET", "/", "", head.Fields.ToArray(), null!);

        Assert.Equal("kube-probe/1.34", request.Header("user-agent"u8));
        Assert.Null(request.Header("accept"u8));
    }

    [Theory]
    [InlineData("/%2e/healthz", "/./healthz")]
    [InlineData("/%2E%2e", "/..")]
    [InlineData("/a%2Fb%00", "/a/b\0")]
    [InlineData("/gr%C3%B6%C3%9Fe", "/größe")]
    [InlineData("/%ff", "/\uFFFD")]
    [InlineData("/%", null)]
    [InlineData("/%4", null)]
    [InlineData("/%zz", null)]
    [InlineData("/%u0041", null)]
    public void Escapes_are_decoded_once_and_nothing_else_is_changed(string path, string? decoded) =>
        Assert.Equal(decoded, UrlPath.Decode(Encoding.Latin1.GetBytes(path)));
}
