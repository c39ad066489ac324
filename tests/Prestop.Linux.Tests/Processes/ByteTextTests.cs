using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Prestop.Linux.Processes;
using Xunit;

namespace Prestop.Linux.Tests.Processes;

public class ByteTextTests
{
    [Fact]
    public void Any_bytes_come_back() =>
        Prop.ForAll<byte[]>(bytes => ByteText.Encode(ByteText.Decode(bytes)).AsSpan().SequenceEqual(bytes)).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("gr\u00fcn \U0001f600")]
    public void UTF8_is_plain_text(string text)
    {
        Assert.Equal(text, ByteText.Decode(Encoding.UTF8.GetBytes(text)));
        Assert.True(ByteText.IsUtf8(text));
    }

    [Fact]
    public void Other_bytes_are_known_as_such() =>
        Assert.All(new byte[][] { [0xFF], [(byte)'a', 0xC3], [0xED, 0xB3, 0xBF] }, bytes => Assert.False(ByteText.IsUtf8(ByteText.Decode(bytes))));

    [Fact]
    public void A_variable_is_found_as_the_kernel_has_it()
    {
        Assert.Equal(Environment.GetEnvironmentVariable("PATH"), Variables.Find("PATH"));
        Assert.Null(Variables.Find("PRESTOP_NO_SUCH_VARIABLE"));
    }
}
