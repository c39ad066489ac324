using Prestop.Conditions.Http;
using Xunit;

namespace Prestop.Conditions.Tests.Http;

public sealed class HeaderFieldTests
{
    [Theory]
    [InlineData("X-A: b", "X-A", "b")]
    [InlineData("X-A:b: c;", "X-A", "b: c;")]
    [InlineData("X-A:  b  ", "X-A", "b")]
    [InlineData("X-A:", "X-A", null)]
    [InlineData("X-A:  ", "X-A", null)]
    [InlineData("X-A;", "X-A", "")]
    public void A_field_has_a_name_and_perhaps_a_value(string text, string name, string? value)
    {
        var field = HeaderField.Parse(text)!;

        Assert.Equal((name, value), (field.Name, field.Value));
        Assert.True(field.Is("x-a"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("X-A")]
    [InlineData(": b")]
    [InlineData(";")]
    [InlineData("X A: b")]
    [InlineData("X-A b;")]
    [InlineData("X-\u00e4: b")]
    [InlineData("X-A: \u00e4")]
    [InlineData("X-A: a\r\nX-B: b")]
    [InlineData("X-A: a\0")]
    [InlineData("X-A: a\u007f")]
    public void Everything_else_is_none(string text) => Assert.Null(HeaderField.Parse(text));

    [Theory]
    [InlineData(null, "Transfer-Encoding: chunked", "a=1")]
    [InlineData("Transfer-Encoding without a body", "Transfer-Encoding: chunked")]
    [InlineData("Transfer-Encoding can only be chunked", "transfer-encoding: gzip", "a=1")]
    [InlineData(null, "Content-Length: 0")]
    [InlineData("Content-Length is not 0", "content-length: 1")]
    [InlineData(null, "Content-Length: 7", "a=1", "b=2")]
    [InlineData(null, "Content-Length: 2", "\u00e4")]
    [InlineData("Content-Length is not 3", "Content-Length: 03", "a=1")]
    [InlineData("Content-Length is not 3", "Content-Length:", "a=1")]
    [InlineData("Content-Length with a file as body", "Content-Length: 3", "@f")]
    public void A_field_may_not_contradict_the_body(string? problem, string field, params string[] data)
    {
        var found = HttpSettings.ProblemOf(HeaderField.Parse(field)!, data);

        Assert.Equal(problem, found?[..Math.Min(found.Length, problem?.Length ?? 0)]);
    }
}
