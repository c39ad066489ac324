using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Sleep;

internal enum StandardStream
{
    Output = 1,
    Error = 2,
}

/// <summary>A text on its way to a standard stream: one write, unless it outgrows its room.</summary>
internal unsafe struct Message
{
    private readonly StandardStream _stream;
    private int _length;
    private bool _isEmpty;
    private int _error;
    private Room _room;

    public Message(StandardStream stream)
    {
        _stream = stream;
        _length = 0;
        _isEmpty = true;
        _error = 0;
        _room = default;
    }

    /// <summary>Whether nothing was ever added.</summary>
    public readonly bool IsEmpty => _isEmpty;

    [UnscopedRef]
    public ref Message Add(byte symbol)
    {
        if (_length == Room.Size)
        {
            Flush();
        }

        fixed (byte* room = &_room.First)
        {
            room[_length++] = symbol;
        }

        _isEmpty = false;
        return ref this;
    }

    [UnscopedRef]
    public ref Message Add(ReadOnlySpan<byte> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            Add(text[i]);
        }

        return ref this;
    }

    [UnscopedRef]
    public ref Message Add(byte* text)
    {
        while (*text != 0)
        {
            Add(*text++);
        }

        return ref this;
    }

    /// <summary>Adds the program's name; a caller may have given none.</summary>
    [UnscopedRef]
    public ref Message AddName(byte* programName)
    {
        if (programName != null)
        {
            Add(programName);
        }
        else
        {
            Add("sleep"u8);
        }

        return ref this;
    }

    /// <summary>Adds a text between quotes, its unprintable bytes as C escapes: gnulib's quote() in the C locale.</summary>
    [UnscopedRef]
    public ref Message AddQuoted(byte* text)
    {
        Add((byte)'\'');
        for (; *text != 0; text++)
        {
            var letter = EscapeLetter(*text);
            if (letter != 0)
            {
                Add((byte)'\\').Add(letter);
            }
            else if (*text is >= (byte)' ' and <= (byte)'~')
            {
                Add(*text);
            }
            else
            {
                Add((byte)'\\').Add(OctalDigit(*text >> 6)).Add(OctalDigit(*text >> 3)).Add(OctalDigit(*text));
            }
        }

        return ref Add((byte)'\'');
    }

    /// <summary>Writes what is left. Returns the number of the first error, zero for none.</summary>
    public int Send()
    {
        Flush();
        return _error;
    }

    private void Flush()
    {
        fixed (byte* room = &_room.First)
        {
            var written = 0;
            while (written < _length && _error == 0)
            {
                var count = LibC.Write((int)_stream, room + written, (nuint)(_length - written));
                if (count > 0)
                {
                    written += (int)count;
                }
                else if (*LibC.ErrorNumber() != LibC.Interrupted)
                {
                    _error = *LibC.ErrorNumber();
                }
            }
        }

        _length = 0;
    }

    private static byte OctalDigit(int value) => (byte)('0' + (value & 7));

    private static byte EscapeLetter(byte symbol) => symbol switch
    {
        (byte)'\a' => (byte)'a',
        (byte)'\b' => (byte)'b',
        (byte)'\t' => (byte)'t',
        (byte)'\n' => (byte)'n',
        (byte)'\v' => (byte)'v',
        (byte)'\f' => (byte)'f',
        (byte)'\r' => (byte)'r',
        (byte)'\\' or (byte)'\'' => symbol,
        _ => 0,
    };

    [StructLayout(LayoutKind.Sequential, Size = Size)]
    private struct Room
    {
        public const int Size = 1024;
        public byte First;
    }
}
