using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Prestopd.Hosting;

/// <summary>
/// The head of a request as RFC 9112 has it. What two readers could understand in two ways is refused: folded lines, blanks before a
/// colon, two lengths, a length beside a transfer encoding.
/// </summary>
internal ref struct RequestHead
{
    private static readonly SearchValues<byte> TokenBytes = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    // All but the controls; a tab may stand in a value, and neither a tab nor a space in a target.
    private static readonly SearchValues<byte> BadInValue = SearchValues.Create([.. Enumerable.Range(0, 32).Where(b => b != '\t').Select(b => (byte)b), 127]);
    private static readonly SearchValues<byte> BadInTarget = SearchValues.Create([.. Enumerable.Range(0, 33).Select(b => (byte)b), 127]);

    // What Go's net/http, on which the sidecar's original runs, takes in a Host field; in a target, what all take, with a port behind it.
    private static readonly SearchValues<byte> HostBytes = SearchValues.Create("!$%&'()*+,-.0123456789:;=ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_abcdefghijklmnopqrstuvwxyz~"u8);
    private static readonly SearchValues<byte> TargetHostBytes = SearchValues.Create("-.0123456789:ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_abcdefghijklmnopqrstuvwxyz"u8);

    private int _hosts;
    private bool _hasFraming;
    private bool _close;
    private bool _keepAlive;

    /// <summary>The method.</summary>
    public ReadOnlySpan<byte> Method { get; private set; }

    /// <summary>The path as it was sent, without a query; <c>*</c> for <c>OPTIONS *</c>.</summary>
    public ReadOnlySpan<byte> Path { get; private set; }

    /// <summary>What follows the first question mark.</summary>
    public ReadOnlySpan<byte> Query { get; private set; }

    /// <summary>The header lines, each with its line end.</summary>
    public ReadOnlySpan<byte> Fields { get; private set; }

    /// <summary>How the body ends.</summary>
    public BodyFraming Body { get; private set; }

    /// <summary>Whether the client waits for <c>100 Continue</c> before it sends the body.</summary>
    public bool ExpectsContinue { get; private set; }

    /// <summary>Whether the client wants to send more requests on this connection.</summary>
    public readonly bool KeepsAlive => !_close && (_keepAlive || !IsHttp10);

    /// <summary>Whether the version is 1.0: such a client must be told that the connection stays open.</summary>
    public bool IsHttp10 { get; private set; }

    /// <summary>Whether this can be the beginning of a request. A TLS handshake, which may hold no line end, cannot.</summary>
    public static bool CanBeginWith(byte first) => first is (byte)'\r' or (byte)'\n' || TokenBytes.Contains(first);

    /// <summary>Where the head ends, after its empty line; -1 when it has not come whole.</summary>
    /// <param name="bytes">What has come.</param>
    public static int EndOf(ReadOnlySpan<byte> bytes)
    {
        // An empty line or two may come before the request (RFC 9112, 2.2).
        var start = bytes.IndexOfAnyExcept((byte)'\r', (byte)'\n');
        for (var at = Math.Max(start, 0); start >= 0 && bytes[at..].IndexOf((byte)'\n') is >= 0 and var length;)
        {
            at += length + 1;
            if (bytes[at..].StartsWith("\n"u8))
            {
                return at + 1;
            }

            if (bytes[at..].StartsWith("\r\n"u8))
            {
                return at + 2;
            }
        }

        return -1;
    }

    /// <summary>Reads a head.</summary>
    /// <param name="bytes">Up to the end that <see cref="EndOf"/> found.</param>
    /// <param name="head">What it says.</param>
    /// <returns>0, or the status with which the request is refused.</returns>
    public static int Read(ReadOnlySpan<byte> bytes, out RequestHead head)
    {
        head = default;
        bytes = bytes.TrimStart("\r\n"u8);
        var end = bytes.IndexOf((byte)'\n');
        var refusal = head.ReadRequestLine(WithoutEnd(bytes[..end]));
        if (refusal != 0)
        {
            return refusal;
        }

        var fields = bytes[(end + 1)..];
        return head.ReadFields(fields[..^(fields.EndsWith("\r\n"u8) ? 2 : 1)]);
    }

    private static ReadOnlySpan<byte> WithoutEnd(ReadOnlySpan<byte> line) => line.EndsWith("\r"u8) ? line[..^1] : line;

    private int ReadRequestLine(ReadOnlySpan<byte> line)
    {
        var first = line.IndexOf((byte)' ');
        var last = line.LastIndexOf((byte)' ');
        if (first <= 0 || last <= first + 1)
        {
            return 400;
        }

        Method = line[..first];
        var target = line[(first + 1)..last];
        if (Method.ContainsAnyExcept(TokenBytes) || target.ContainsAny(BadInTarget))
        {
            return 400;
        }

        var version = line[(last + 1)..];
        if (version.Length != 8 || !version.StartsWith("HTTP/"u8) || !char.IsAsciiDigit((char)version[5]) || version[6] != '.' || !char.IsAsciiDigit((char)version[7]))
        {
            return 400;
        }

        IsHttp10 = version[7] == '0';
        return version[5] != '1' ? 505 : ReadTarget(target);
    }

    private int ReadTarget(ReadOnlySpan<byte> target)
    {
        if (Method.SequenceEqual("CONNECT"u8))
        {
            return 501;
        }

        if (target.SequenceEqual("*"u8))
        {
            Path = target;
            return Method.SequenceEqual("OPTIONS"u8) ? 0 : 400;
        }

        if (target[0] != '/')
        {
            var scheme = target.IndexOf("://"u8);
            if (scheme < 0 || !(Ascii.EqualsIgnoreCase(target[..scheme], "http"u8) || Ascii.EqualsIgnoreCase(target[..scheme], "https"u8)))
            {
                return 400;
            }

            target = target[(scheme + 3)..];
            var end = target.IndexOfAny("/?"u8);
            if (!IsHost(end < 0 ? target : target[..end]))
            {
                return 400;
            }

            target = end < 0 ? default : target[end..];
        }

        var question = target.IndexOf((byte)'?');
        Path = question < 0 ? target : target[..question];
        Path = Path.IsEmpty ? "/"u8 : Path;
        Query = question < 0 ? default : target[(question + 1)..];
        return 0;
    }

    private static bool IsHost(ReadOnlySpan<byte> authority)
    {
        var colon = authority.LastIndexOf((byte)':');
        var host = colon > authority.LastIndexOf((byte)']') ? authority[..colon] : authority;
        return host.Length > 0 && !authority.ContainsAnyExcept(TargetHostBytes)
            && !authority[Math.Min(host.Length + 1, authority.Length)..].ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && (host[0] == '[' ? host[^1] == ']' : !host.ContainsAny(":[]"u8));
    }

    private int ReadFields(ReadOnlySpan<byte> lines)
    {
        Fields = lines;
        while (lines.IndexOf((byte)'\n') is >= 0 and var end)
        {
            var line = WithoutEnd(lines[..end]);
            lines = lines[(end + 1)..];
            var colon = line.IndexOf((byte)':');
            if (colon <= 0 || line[..colon].ContainsAnyExcept(TokenBytes) || line[colon..].ContainsAny(BadInValue))
            {
                return 400;
            }

            var refusal = ReadField(line[..colon], line[(colon + 1)..].Trim(" \t"u8));
            if (refusal != 0)
            {
                return refusal;
            }
        }

        return _hosts == 1 || (_hosts == 0 && IsHttp10) ? 0 : 400;
    }

    private int ReadField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (Ascii.EqualsIgnoreCase(name, "host"u8))
        {
            _hosts += value.ContainsAnyExcept(HostBytes) ? 2 : 1;
        }
        else if (Ascii.EqualsIgnoreCase(name, "connection"u8))
        {
            foreach (var option in value.Split((byte)','))
            {
                var text = value[option].Trim(" \t"u8);
                _close |= Ascii.EqualsIgnoreCase(text, "close"u8);
                _keepAlive |= Ascii.EqualsIgnoreCase(text, "keep-alive"u8);
            }
        }
        else if (Ascii.EqualsIgnoreCase(name, "content-length"u8))
        {
            // Utf8Parser would take a sign.
            if (_hasFraming || value.ContainsAnyExceptInRange((byte)'0', (byte)'9') || !Utf8Parser.TryParse(value, out long length, out var read) || read != value.Length)
            {
                return 400;
            }

            (Body, _hasFraming) = (BodyFraming.OfLength(length), true);
        }
        else if (Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8))
        {
            // HTTP/1.0 has no chunks (RFC 9112, 6.1).
            if (_hasFraming || IsHttp10)
            {
                return 400;
            }

            if (!Ascii.EqualsIgnoreCase(value, "chunked"u8))
            {
                return 501;
            }

            (Body, _hasFraming) = (BodyFraming.InChunks(), true);
        }
        else if (Ascii.EqualsIgnoreCase(name, "expect"u8))
        {
            if (!Ascii.EqualsIgnoreCase(value, "100-continue"u8))
            {
                return 417;
            }

            ExpectsContinue = true;
        }

        return 0;
    }
}
