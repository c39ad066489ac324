namespace Prestopd.Hosting;

/// <summary>Finds the end of a request's body while its bytes come (RFC 9112, 6 and 7.1).</summary>
internal struct BodyFraming
{
    private const int LongestLine = 256;

    private Part _part;
    private long _left;
    private int _lineLength;
    private bool _isBare;
    private bool _isAtReturn;

    private enum Part
    {
        None,
        Length,
        ChunkSize,
        ChunkExtension,
        ChunkData,
        ChunkEnd,
        Trailer,
    }

    /// <summary>Whether nothing of the body is still to come.</summary>
    public readonly bool IsEmpty => _part is Part.None;

    /// <summary>Whether it is known already that more than so many bytes are to come.</summary>
    public readonly bool IsLongerThan(int most) => _part is Part.Length && _left > most;

    /// <summary>A body of a known length.</summary>
    /// <param name="length">Zero or more bytes.</param>
    public static BodyFraming OfLength(long length) => length == 0 ? default : new() { _part = Part.Length, _left = length };

    /// <summary>A body in chunks.</summary>
    public static BodyFraming InChunks() => new() { _part = Part.ChunkSize };

    /// <summary>Takes the next piece.</summary>
    /// <param name="bytes">What has come.</param>
    /// <param name="taken">How many of these bytes belong to the framing and the piece.</param>
    /// <param name="piece">The part of them that is content; empty where there is none yet.</param>
    /// <returns>False when this is no body.</returns>
    public bool TryTake(ReadOnlySpan<byte> bytes, out int taken, out ReadOnlySpan<byte> piece)
    {
        piece = default;
        for (taken = 0; taken < bytes.Length && _part is not Part.None; taken++)
        {
            if (_part is Part.Length or Part.ChunkData)
            {
                piece = bytes.Slice(taken, (int)Math.Min(_left, bytes.Length - taken));
                taken += piece.Length;
                _left -= piece.Length;
                if (_left == 0)
                {
                    _part = _part is Part.Length ? Part.None : Part.ChunkEnd;
                }

                return true;
            }

            if (!TryTakeFraming(bytes[taken]))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryTakeFraming(byte next)
    {
        // A carriage return stands before a line feed, and nowhere else.
        if (++_lineLength > LongestLine || (_isAtReturn && next != '\n'))
        {
            return false;
        }

        _isAtReturn = next == '\r';

        if (next == '\n')
        {
            return TryEndLine();
        }

        switch (_part)
        {
            case Part.ChunkSize when char.IsAsciiHexDigit((char)next):
                _left = (_left << 4) | (uint)(next <= '9' ? next - '0' : (next | 0x20) - 'a' + 10);
                return _left <= int.MaxValue;
            case Part.ChunkSize when _lineLength > 1 && next is (byte)';' or (byte)' ' or (byte)'\t' or (byte)'\r':
                _part = Part.ChunkExtension;
                return true;
            case Part.ChunkSize:
                return false;
            case Part.ChunkEnd:
                return next == '\r' && _lineLength == 1;
            case Part.Trailer:
                _isBare &= next == '\r';
                return true;
            default:
                return true;
        }
    }

    private bool TryEndLine()
    {
        var length = _lineLength;
        _lineLength = 0;
        switch (_part)
        {
            case Part.ChunkSize when length == 1:
                return false;
            case Part.ChunkSize or Part.ChunkExtension:
                _part = _left > 0 ? Part.ChunkData : Part.Trailer;
                _isBare = true;
                return true;
            case Part.ChunkEnd:
                _part = Part.ChunkSize;
                return true;
            default:
                _part = _isBare ? Part.None : Part.Trailer;
                _isBare = true;
                return true;
        }
    }
}
