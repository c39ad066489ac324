using System.Buffers.Text;
using System.Text;

namespace Prestopd.Hosting;

/// <summary>Writes text piece by piece into bytes that are long enough: what does not fit throws <see cref="ArgumentException"/>.</summary>
/// <param name="to">Where to.</param>
internal ref struct Utf8Text(Span<byte> to)
{
    private readonly Span<byte> _to = to;

    /// <summary>The bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>Goes past bytes that were written already.</summary>
    public void Skip(int length) => Length += length;

    /// <summary>Adds bytes.</summary>
    public void Add(ReadOnlySpan<byte> text)
    {
        text.CopyTo(_to[Length..]);
        Length += text.Length;
    }

    /// <summary>Adds characters.</summary>
    public void Add(ReadOnlySpan<char> text) => Length += Encoding.UTF8.GetBytes(text, _to[Length..]);

    /// <summary>Adds a number.</summary>
    public void Add(long number)
    {
        if (!Utf8Formatter.TryFormat(number, _to[Length..], out var written))
        {
            throw new ArgumentException("no room", nameof(number));
        }

        Length += written;
    }

    /// <summary>Adds a value in its own form.</summary>
    public void Add<T>(T value)
        where T : IUtf8SpanFormattable
    {
        if (!value.TryFormat(_to[Length..], out var written, default, null))
        {
            throw new ArgumentException("no room", nameof(value));
        }

        Length += written;
    }
}
