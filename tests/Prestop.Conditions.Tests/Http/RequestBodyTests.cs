using Prestop.Conditions.Http;
using Xunit;

namespace Prestop.Conditions.Tests.Http;

public sealed class RequestBodyTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("a=1", "a=1")]
    [InlineData("a=1&&b=2", "a=1", "", "b=2")]
    [InlineData("", "")]
    [InlineData("&", "", "")]
    [InlineData("\u00e4", "\u00e4")]
    public void Texts_are_joined(string body, params string[] values)
    {
        Assert.Equal(System.Text.Encoding.UTF8.GetBytes(body), RequestBody.Read(values, out _));
        Assert.Equal(System.Text.Encoding.UTF8.GetByteCount(body), RequestBody.LengthOf(values));
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_arrive_as_they_are() => Assert.Equal([0xFF, (byte)'a', 0x80], RequestBody.Read(["\uDCFFa\uDC80"], out _));

    [Fact]
    public void A_file_is_sent_without_its_line_ends()
    {
        File.WriteAllBytes(_file, "a=1\r\n\0b=\xff"u8.ToArray());

        Assert.Equal("x&a=1b=\xff"u8.ToArray(), RequestBody.Read(["x", "@" + _file], out _));
        Assert.Null(RequestBody.LengthOf(["x", "@" + _file]));
    }

    [Theory]
    [InlineData("@/nowhere/file", "no such file")]
    [InlineData("@", "not a file")]
    [InlineData("@/dev/zero", "not a file of 1 to 1048576 bytes")]
    public void A_file_that_cannot_be_sent_is_told_without_its_name(string value, string words)
    {
        Assert.Null(RequestBody.Read(["x", value], out var problem));

        Assert.Equal($"the file of --data: {words}; give one that can be read", problem);
    }
}
