using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Prestopd.Hosting;
using Xunit;

namespace Prestopd.Tests.Hosting;

/// <summary>Where a body ends, however its bytes come.</summary>
public sealed class BodyFramingTests
{
    /// <summary>Content and number of bytes taken; null when it is refused.</summary>
    private static (string Content, int Taken, bool IsWhole)? Take(BodyFraming body, byte[] bytes, int pieces)
    {
        var content = new StringBuilder();
        var at = 0;
        for (var end = pieces; at < bytes.Length && !body.IsEmpty; end = at + pieces)
        {
            if (!body.TryTake(bytes.AsSpan(at, Math.Min(end, bytes.Length) - at), out var taken, out var piece))
            {
                return null;
            }

            Assert.True(taken > 0 || body.IsEmpty);
            content.Append(Encoding.Latin1.GetString(piece));
            at += taken;
        }

        return (content.ToString(), at, body.IsEmpty);
    }

    [Theory]
    [InlineData("3\r\nabc\r\n0\r\n\r\n", "abc")]
    [InlineData("3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde")]
    [InlineData("00A\n0123456789\n0\nTrailer: x\r\nOther: y\r\n\r\n", "0123456789")]
    [InlineData("0\r\n\r\n", "")]
    public void Chunks_are_put_together_whatever_the_pieces_and_what_follows_is_left(string bytes, string content)
    {
        for (var pieces = 1; pieces <= bytes.Length + 5; pieces++)
        {
            var taken = Take(BodyFraming.InChunks(), Encoding.Latin1.GetBytes(bytes + "GET /"), pieces);

            Assert.Equal((content, bytes.Length, true), taken);
        }
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("x\r\n")]
    [InlineData("-1\r\n")]
    [InlineData(" 1\r\na\r\n")]
    [InlineData("ffffffff\r\n")]
    [InlineData("1\r\nab\r\n")]
    [InlineData("1\r\na\rb\n")]
    [InlineData("0\r\r\n\r\n")]
    [InlineData("1;a\rb\r\na\r\n")]
    [InlineData("0\r\n\rT: v\r\n\r\n")]
    public void What_is_no_chunk_is_refused(string bytes) => Assert.Null(Take(BodyFraming.InChunks(), Encoding.Latin1.GetBytes(bytes), bytes.Length));

    [Fact]
    public void A_line_that_does_not_end_is_refused() =>
        Assert.Null(Take(BodyFraming.InChunks(), Encoding.Latin1.GetBytes("1;" + new string('x', 1000)), 10));

    [Theory]
    [InlineData(0, "", 0, true)]
    [InlineData(3, "abc", 3, true)]
    [InlineData(9, "abcdef", 6, false)]
    public void A_length_takes_so_many_bytes(int length, string content, int taken, bool isWhole) =>
        Assert.Equal((content, taken, isWhole), Take(BodyFraming.OfLength(length), "abcdef"u8.ToArray(), 2));

    [Fact]
    public void Random_bytes_are_taken_or_refused_and_never_stuck() => Prop.ForAll<byte[]>(bytes =>
    {
        for (var pieces = 1; pieces < 4; pieces++)
        {
            Take(BodyFraming.InChunks(), bytes, pieces);
        }
    }).QuickCheckThrowOnFailure();
}
