using System.Buffers.Text;
using System.Text;

namespace Prestop.Http.Exchange;

/// <summary>
/// Reads an answer of HTTP/1.1 (RFC 9112) from the bytes as they come: its status, and where it ends. Everything else is passed over, so that
/// an answer of any length takes the same memory.
/// </summary>
/// <param name="hasNoBody">Whether the answer ends with its head, as one to HEAD does.</param>
internal sealed class AnswerReader(bool hasNoBody)
{
    private const int LongestHead = 64 * 1024;

    private readonly byte[] _line = new byte[128];
    private int _lineLength;
    private int _headLength;
    private long _left = -1;
    private bool _isChunked;
    private Part _part;

    private enum Part
    {
        StatusLine,
        Fields,
        Bytes,
        UntilClose,
        ChunkSize,
        Chunk,
        ChunkEnd,
        Trailer,
        Over,
    }

    /// <summary>The status; 0 until it is known.</summary>
    public int Status { get; private set; }

    /// <summary>Whether the head of the final answer has been read.</summary>
    public bool IsHeadOver => _part > Part.Fields;

    /// <summary>Whether all of it has been read.</summary>
    public bool IsOver => _part is Part.Over;

    /// <summary>Takes the next bytes.</summary>
    /// <param name="bytes">One byte or more; those behind the answer's end do not count.</param>
    /// <exception cref="InvalidDataException">They are not HTTP.</exception>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && _part is not Part.Over)
        {
            if (_part is Part.UntilClose)
            {
                return;
            }

            if (_part is Part.Bytes or Part.Chunk)
            {
                var taken = (int)Math.Min(_left, bytes.Length);
                _left -= taken;
                bytes = bytes[taken..];
                if (_left == 0)
                {
                    _part = _part is Part.Chunk ? Part.ChunkEnd : Part.Over;
                }

                continue;
            }

            var end = bytes.IndexOf((byte)'\n');
            TakeLine(end < 0 ? bytes : bytes[..end], isWhole: end >= 0);
            bytes = end < 0 ? [] : bytes[(end + 1)..];
        }
    }

    /// <summary>Takes the end of the connection.</summary>
    /// <exception cref="InvalidDataException">The answer is not over yet.</exception>
    public void Close()
    {
        if (_part is not (Part.UntilClose or Part.Over))
        {
            throw new InvalidDataException(IsHeadOver ? "the connection was closed before the end of the answer" : "the connection was closed before an answer");
        }
    }

    private void TakeLine(ReadOnlySpan<byte> bytes, bool isWhole)
    {
        // Only the start of a line is kept: what matters is shorter.
        var kept = bytes[..Math.Min(bytes.Length, _line.Length - _lineLength)];
        kept.CopyTo(_line.AsSpan(_lineLength));
        _lineLength += kept.Length;
        _headLength += bytes.Length + 1;
        if (_headLength > LongestHead)
        {
            throw new InvalidDataException("the answer's header is too large");
        }

        ReadOnlySpan<byte> line = _line.AsSpan(0, _lineLength);
        if (_part is Part.StatusLine && !line.StartsWith("HTTP/1."u8[..Math.Min(line.Length, "HTTP/1."u8.Length)]))
        {
            throw NotHttp();
        }

        if (isWhole)
        {
            _lineLength = 0;
            TakeLine(line.EndsWith("\r"u8) ? line[..^1] : line);
        }
    }

    private void TakeLine(ReadOnlySpan<byte> line)
    {
        switch (_part)
        {
            case Part.StatusLine:
                TakeStatus(line);
                break;
            case Part.Fields when line.IsEmpty:
                EndHead();
                break;
            case Part.Fields:
                TakeField(line);
                break;
            case Part.ChunkSize:
                TakeChunkSize(line);
                break;
            case Part.ChunkEnd:
                _part = line.IsEmpty ? Part.ChunkSize : throw NotHttp();
                break;
            default:
                _part = line.IsEmpty ? Part.Over : Part.Trailer;
                break;
        }
    }

    /// <summary><c>HTTP/1.1 200 OK</c>; the reason, and the blank before it, may be missing.</summary>
    private void TakeStatus(ReadOnlySpan<byte> line)
    {
        if (line.Length < "HTTP/1.1 200".Length || line[8] != ' ' || (line.Length > 12 && line[12] != ' ')
            || !Utf8Parser.TryParse(line[9..12], out int status, out var digits) || digits != 3 || status < 100)
        {
            throw NotHttp();
        }

        Status = status;
        _part = Part.Fields;
    }

    private void TakeField(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        if (colon < 0)
        {
            return;
        }

        var value = line[(colon + 1)..].Trim(" \t"u8);
        if (Ascii.EqualsIgnoreCase(line[..colon], "transfer-encoding"u8))
        {
            _isChunked = value.Length >= 7 && Ascii.EqualsIgnoreCase(value[^7..], "chunked"u8);
        }
        else if (Ascii.EqualsIgnoreCase(line[..colon], "content-length"u8))
        {
            _left = Utf8Parser.TryParse(value, out long length, out var digits) && digits == value.Length && length >= 0 ? length : throw NotHttp();
        }
    }

    private void EndHead()
    {
        if (Status is < 200 and not 101)
        {
            // An answer on the way, such as 100 Continue; the final one follows.
            (_part, _left, _isChunked) = (Part.StatusLine, -1, false);
        }
        else if (hasNoBody || Status is 101 or 204 or 304)
        {
            _part = Part.Over;
        }
        else
        {
            _part = _isChunked ? Part.ChunkSize : _left < 0 ? Part.UntilClose : _left == 0 ? Part.Over : Part.Bytes;
        }

        _headLength = 0;
    }

    /// <summary>Hexadecimal digits; extensions may follow a semicolon.</summary>
    private void TakeChunkSize(ReadOnlySpan<byte> line)
    {
        if (!Utf8Parser.TryParse(line, out _left, out _, 'x') || _left < 0)
        {
            throw NotHttp();
        }

        _headLength = 0;
        _part = _left == 0 ? Part.Trailer : Part.Chunk;
    }

    private static InvalidDataException NotHttp() => new("the answer is not HTTP");
}
