using Prestop.Core.Messages;
using Xunit;

namespace Prestop.Core.Tests.Messages;

public class OneLineTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("gr\u00fcn \ud83d\ude00 \\n", "gr\u00fcn \ud83d\ude00 \\n")]
    [InlineData("a\nb\r\tc", @"a\nb\r\tc")]
    [InlineData("\u001b[31m\0\u007f\u0085", @"\x1b[31m\x00\x7f\x85")]
    [InlineData("a\u2028b\u2029\u202ec\u2066", @"a\u2028b\u2029\u202ec\u2066")]
    public void What_would_not_stay_in_the_line_is_shown_as_an_escape(string text, string expected) => Assert.Equal(expected, OneLine.Of(text));

    [Fact]
    public void In_a_path_it_is_encoded_again() => Assert.Equal("/a b%0A\u00fc%1B%E2%80%A8", OneLine.OfPath("/a b\n\u00fc\u001b\u2028"));

    [Theory]
    [InlineData("  a \r\n\t b\u0007c\u2028 ", "a b c")]
    [InlineData("", "")]
    [InlineData("123456789", "123456789")]
    [InlineData("1234567890", "1234567890")]
    [InlineData("12345678901", "1234567890\u2026")]
    public void A_servers_words_are_one_line_of_bounded_length(string text, string expected) => Assert.Equal(expected, OneLine.Quote(text, 10));
}
