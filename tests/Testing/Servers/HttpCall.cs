using System.Globalization;
using System.Text;

namespace Prestop.Testing;

/// <summary>A request as a server sees it.</summary>
/// <param name="Method">GET, for example.</param>
/// <param name="Target">The path, perhaps with a query.</param>
/// <param name="Headers">The header fields; names in lower case.</param>
/// <param name="Body">The body; empty when there is none.</param>
public sealed record HttpCall(string Method, string Target, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>The path, without the query.</summary>
    public string Path => Target.Split('?')[0];

    /// <summary>The query's parameters, unescaped.</summary>
    public IReadOnlyDictionary<string, string> Query => Parameters(Target.Split('?', 2) is [_, var query] ? query : "");

    /// <summary>The body as text.</summary>
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>The name that the client asked for in the TLS handshake (SNI); null without TLS.</summary>
    public string? ServerName { get; init; }

    /// <summary>Whose certificate the client showed; null when it showed none.</summary>
    public string? ClientSubject { get; init; }

    /// <summary>The parameters of a query, unescaped.</summary>
    public static IReadOnlyDictionary<string, string> Parameters(string query) => query.Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => pair.Replace('+', ' ').Split('=', 2))
        .ToDictionary(pair => Uri.UnescapeDataString(pair[0]), pair => Uri.UnescapeDataString(pair[1]));

    /// <summary>Reads the next request on a connection; null when the client has closed it.</summary>
    public static async Task<HttpCall?> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (!head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            if (await stream.ReadAsync(one, cancellation) == 0)
            {
                return null;
            }

            head.Add(one[0]);
        }

        var lines = Encoding.Latin1.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines.Skip(1).Select(line => line.Split(':', 2))
            .GroupBy(pair => pair[0].ToLowerInvariant(), pair => pair[1].Trim())
            .ToDictionary(field => field.Key, field => string.Join(", ", field));
        var body = new byte[headers.TryGetValue("content-length", out var length) ? int.Parse(length, CultureInfo.InvariantCulture) : 0];
        await stream.ReadExactlyAsync(body, cancellation);
        var start = lines[0].Split(' ');
        return new HttpCall(start[0], start[1], headers, body);
    }
}

/// <summary>An answer; how it gets onto the wire is the server's matter.</summary>
public sealed record HttpReply(int Status, string Body)
{
    /// <summary>The header fields beside Date and Content-Length.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [("Content-Type", "text/xml")];

    /// <summary>The media type, for an answer that says nothing else of itself.</summary>
    public string ContentType
    {
        init => Headers = [("Content-Type", value)];
    }

    /// <summary>An answer that breaks off in its middle, and the connection with it.</summary>
    public bool IsCut { get; init; }

    /// <summary>The body of an answer whose length nobody knows: sends its pieces, one call for each, until it returns. Null: <see cref="Body"/> is all.</summary>
    public Func<Func<string, Task>, CancellationToken, Task>? SendPieces { get; init; }

    /// <summary>No answer: the connection is reset.</summary>
    public bool IsReset { get; init; }

    /// <summary>No answer, ever.</summary>
    public bool Hangs { get; init; }
}
