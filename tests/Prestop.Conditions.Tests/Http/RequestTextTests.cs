using System.Text;
using Prestop.Conditions.Http;
using Xunit;

namespace Prestop.Conditions.Tests.Http;

/// <summary>Seen of curl 7.88 with the same options, but for User-Agent and Connection.</summary>
public sealed class RequestTextTests
{
    private const string Own = "User-Agent: prestop|Accept: */*|Connection: close|";

    [Theory]
    [InlineData("GET / HTTP/1.1|Host: h|" + Own + "|", "http://h")]
    [InlineData("GET /a%20b?c=d HTTP/1.1|Host: h:8080|" + Own + "|", "http://h:8080/a b?c=d#e")]
    [InlineData("GET / HTTP/1.1|Host: [::1]:81|" + Own + "|", "http://[::1]:81/")]
    [InlineData("GET / HTTP/1.1|Host: [fe80::1]|" + Own + "|", "https://[fe80::1%25eth0]:443/")]
    [InlineData("GET / HTTP/1.1|Host: xn--mnchen-3ya.de|" + Own + "|", "http://m\u00fcnchen.de/")]
    [InlineData("GET / HTTP/1.1|Host: h|Authorization: Basic dXMgZXI6cEBzcw==|" + Own + "|", "http://us%20er:p%40ss@h/")]
    [InlineData("GET / HTTP/1.1|Host: h|Authorization: Basic bWU6|" + Own + "|", "http://me@h/")]
    [InlineData("GET / HTTP/1.1|Host: h|User-Agent: prestop|Accept: */*|Authorization: Bearer x|Connection: keep-alive||", "http://me:pw@h/", "Authorization: Bearer x", "Connection: keep-alive")]
    [InlineData("GET / HTTP/1.1|Host: h|" + Own + "X-A: 1|x-a: 2||", "http://h", "X-A: 1", "x-a:2")]
    [InlineData("GET / HTTP/1.1|Host: other|User-Agent: prestop|Connection: close|X-Empty:||", "http://h", "Accept:", "X-Empty;", "Host: other")]
    [InlineData("GET / HTTP/1.1|" + Own + "|", "http://h", "HOST:")]
    public void It_is_what_curl_would_send(string request, string url, params string[] headers) =>
        Assert.Equal(request.Replace("|", "\r\n", StringComparison.Ordinal), Of(url, null, headers));

    [Theory]
    [InlineData("Content-Type: text/plain")]
    [InlineData("Content-Encoding: gzip")]
    [InlineData("Content-Language: de")]
    [InlineData("Content-Length: 0")]
    [InlineData("Content-Location: /a")]
    [InlineData("Content-MD5: x")]
    [InlineData("Content-Range: bytes 0-1/2")]
    [InlineData("Content-Disposition: inline")]
    [InlineData("Allow: GET")]
    [InlineData("Expires: 0")]
    [InlineData("Last-Modified: today")]
    public void A_field_of_content_is_sent_without_content(string header) =>
        Assert.Equal($"GET / HTTP/1.1\r\nHost: h\r\n{Own.Replace("|", "\r\n", StringComparison.Ordinal)}{header}\r\n\r\n", Of("http://h", null, header));

    [Theory]
    [InlineData("Content-Length: 3|Content-Type: application/x-www-form-urlencoded||a=1", "a=1")]
    [InlineData("Content-Length: 0|Content-Type: application/x-www-form-urlencoded||", "")]
    [InlineData("Content-Type: text/plain|Content-Length: 3||a=1", "a=1", "Content-Type: text/plain")]
    [InlineData("Content-Length: 3|Content-Type: application/x-www-form-urlencoded||a=1", "a=1", "Content-Length: 3")]
    [InlineData("Content-Length: 3||a=1", "a=1", "Content-Type:")]
    [InlineData("Transfer-Encoding: chunked|Content-Type: application/x-www-form-urlencoded||b|a=123456789|0||", "a=123456789", "Transfer-Encoding: chunked")]
    [InlineData("Transfer-Encoding: chunked|Content-Type: application/x-www-form-urlencoded||0||", "", "Transfer-Encoding: chunked")]
    public void Data_makes_a_POST(string rest, string data, params string[] headers) =>
        Assert.Equal($"POST / HTTP/1.1|Host: h|{Own}{rest}".Replace("|", "\r\n", StringComparison.Ordinal), Of("http://h", data, headers));

    private static string Of(string url, string? data, params string[] headers)
    {
        var settings = new HttpSettings { Headers = [.. headers.Select(text => HeaderField.Parse(text)!)], Data = data is null ? null : [data] };
        return Encoding.Latin1.GetString(RequestText.Of(new Uri(url), settings, data is null ? null : Encoding.UTF8.GetBytes(data)));
    }
}
