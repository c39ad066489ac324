using System.Text;

namespace Prestop.Testing;

/// <summary>Requests as one client sends them over one connection, the last with <c>Connection: close</c>; some are spoilt in one place.</summary>
public sealed class RequestSeries
{
    private static readonly string[] Targets =
        ["/", "/x", "/a/./b", "//x", "/%41%2f", "/x?a=1&b=%zz", "/x#y", "/;a=b", "http://pod/x", "http://pod", "http://pod?x", "/" + new string('y', 300)];

    private static readonly string[] Fields =
        ["Accept: */*", "X-Empty:", "X-Blanks:  \t v \t", "User-Agent: kube-probe/1.34", "X-Marks: a:b;c=\"d\"", "Cookie: a=b", "x-long: " + new string('z', 500)];

    private static readonly string[] BadLines =
    [
        "Content-Length: 3", "Content-Length: 0", "Content-Length: +1", "Content-Length: 1 1", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip",
        "Host: other", "Host: a b", " folded", "X : y", ": y", "nonsense", "X\0: y", "X: \u0001", "(: y", "", "Connection: close",
    ];

    private const string BadBytes = "\0\r\n :;,+-x0/%?\u0080";

    private readonly Random _random;
    private readonly StringBuilder _text = new();
    private readonly List<int> _places = [];
    private readonly List<string> _requests = [];

    /// <param name="seed">The same stream for the same seed.</param>
    public RequestSeries(int seed)
    {
        _random = new Random(seed);
        var count = _random.Next(1, 5);
        for (var i = 0; i < count; i++)
        {
            AddRequest(isLast: i == count - 1);
        }

        IsSpoilt = _random.Next(3) > 0;
        if (IsSpoilt)
        {
            Spoil();
        }
    }

    /// <summary>Whether it was changed in a place where that may make a request a bad one, or another one.</summary>
    public bool IsSpoilt { get; }

    /// <summary>Whether a body is in chunks.</summary>
    public bool IsChunked { get; private set; }

    /// <summary>The requests that it was made from: <c>POST /x of 3 bytes</c>, with the path decoded and without the query.</summary>
    public IReadOnlyList<string> Requests => _requests;

    /// <summary>The bytes.</summary>
    public byte[] Bytes => Encoding.Latin1.GetBytes(_text.ToString());

    /// <inheritdoc/>
    public override string ToString() => _text.ToString().Replace("\r", "\\r", StringComparison.Ordinal).Replace("\0", "\\0", StringComparison.Ordinal);

    private static string PathOf(string target)
    {
        var path = target.StartsWith("http://pod", StringComparison.Ordinal) ? target["http://pod".Length..] : target;
        path = Uri.UnescapeDataString(path.Split('?')[0]);
        return path.Length > 0 ? path : "/";
    }

    private void AddRequest(bool isLast)
    {
        var lineEnd = Chance(9) ? "\n" : "\r\n";
        var (method, target, isHttp10) = (Any("GET", "HEAD", "POST", "PUT", "DELETE"), Any(Targets), Chance(6));
        List<string> fields = ["Host: pod", .. Enumerable.Range(0, _random.Next(4)).Select(_ => Any(Fields))];
        if (isLast || isHttp10)
        {
            fields.Add(isLast ? "Connection: close" : "Connection: keep-alive");
        }

        var (body, content) = method is "POST" or "PUT" ? AddBody(fields, inChunks: !isHttp10 && Chance(2)) : ("", "");
        _random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(fields));
        _text.Append(method);
        var start = _text.Length + 1;
        _text.Append(' ').Append(target).Append(isHttp10 ? " HTTP/1.0" : " HTTP/1.1").Append(lineEnd);
        fields.ForEach(field => _text.Append(field).Append(lineEnd));
        _text.Append(lineEnd).Append(body);
        _places.AddRange(Enumerable.Range(start, _text.Length - start));
        _requests.Add($"{method} {PathOf(target)} of {content.Length} bytes");
    }

    private (string Body, string Content) AddBody(List<string> fields, bool inChunks)
    {
        var content = string.Concat(Enumerable.Range(0, _random.Next(40)).Select(_ => "abc \r\nGET/:0"[_random.Next(12)]));
        if (!inChunks)
        {
            fields.Add($"Content-Length: {content.Length}");
            return (content, content);
        }

        IsChunked = true;
        fields.Add(Any("Transfer-Encoding: chunked", "transfer-encoding:chunked"));
        var body = new StringBuilder();
        for (var at = 0; at < content.Length;)
        {
            var length = _random.Next(1, content.Length - at + 1);
            body.Append(length.ToString(Any("x", "X4"), null)).Append(Any("", "", ";a=b")).Append("\r\n").Append(content, at, length).Append("\r\n");
            at += length;
        }

        return (body.Append("0\r\n").Append(Any("", "", "T: v\r\n")).Append("\r\n").ToString(), content);
    }

    // Never in a method: what else may stand there than capital letters, servers do not agree about (RFC 9110, 9.1: any token).
    private void Spoil()
    {
        var place = _places[_random.Next(_places.Count)];
        var other = BadBytes[_random.Next(BadBytes.Length)];
        switch (_random.Next(6))
        {
            case 0:
                _text.Remove(place, 1);
                break;
            case 1:
                _text.Insert(place, _text[place]);
                break;
            case 2:
                _text.Insert(place, other);
                break;
            case 3:
                _text[place] = other;
                break;
            case 4:
                _text.Length = place;
                break;
            default:
                var lineEnds = _places.Where(at => _text[at] == '\n').ToArray();
                _text.Insert(lineEnds[_random.Next(lineEnds.Length)] + 1, Any(BadLines) + "\r\n");
                break;
        }
    }

    private bool Chance(int oneIn) => _random.Next(oneIn) == 0;

    private string Any(params ReadOnlySpan<string> choices) => choices[_random.Next(choices.Length)];
}
