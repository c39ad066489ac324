using System.Text;
using System.Text.Json;
using Prestop.Kubernetes.Json;
using Xunit;

namespace Prestop.Kubernetes.Tests.Json;

public sealed class TextCacheTests
{
    [Fact]
    public void Equal_texts_are_one_string()
    {
        var cache = new TextCache(16);

        Assert.Same(Read(cache, "\"web\""), Read(cache, "\"web\""));
    }

    [Fact]
    public void Texts_that_share_a_place_keep_their_own_content()
    {
        var cache = new TextCache(1);

        Assert.Equal(["a", "b", "a", "€ \"", "a"], ((string[])["\"a\"", "\"b\"", "\"a\"", "\"€ \\\"\"", "\"a\""]).Select(text => Read(cache, text)));
    }

    [Fact]
    public void A_long_text_is_read_and_not_kept()
    {
        var cache = new TextCache(16);
        var text = $"\"{new string('x', 200)}\"";

        Assert.NotSame(Read(cache, text), Read(cache, text));
        Assert.Equal(200, Read(cache, text)?.Length);
    }

    [Fact]
    public void Names_and_texts_of_an_object_null_among_them()
    {
        var json = new Utf8JsonReader("""{"app":"web","a\/b":"c","empty":null}"""u8);
        json.Read();

        var texts = new TextCache(16).Texts(ref json);

        Assert.Equal([("app", "web"), ("a/b", "c"), ("empty", "")], texts.Select(pair => (pair.Key, pair.Value)));
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("{\"a\":1}")]
    [InlineData("{\"a\":{}}")]
    [InlineData("7")]
    public void What_is_no_object_of_texts_is_a_json_exception(string text)
    {
        Assert.Throws<JsonException>(() =>
        {
            var json = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
            json.Read();
            new TextCache(16).Texts(ref json);
        });
    }

    [Fact]
    public void Bytes_that_are_not_utf_8_are_a_json_exception()
    {
        Assert.Throws<JsonException>(() =>
        {
            var json = new Utf8JsonReader([(byte)'"', 0xff, 0xfe, (byte)'"']);
            json.Read();
            new TextCache(16).TextOrNull(ref json);
        });
    }

    private static string? Read(TextCache cache, string text)
    {
        var json = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
        json.Read();
        return cache.TextOrNull(ref json);
    }
}
