using System.Globalization;

namespace Prestop.Conditions.Http;

/// <summary>What an HTTP step sends, whom it trusts and which answers it accepts. Names and meanings are curl's.</summary>
public sealed class HttpSettings
{
    /// <summary>The accepted statuses. Default 200 to 299.</summary>
    public StatusSet Accepted { get; init; } = StatusSet.Success;

    /// <summary>The request's method, a token; null: GET, or POST with <see cref="Data"/>.</summary>
    public string? Method { get; init; }

    /// <summary>Header fields that are sent with the request. They may hold secrets: never shown.</summary>
    public IReadOnlyList<HeaderField> Headers { get; init; } = [];

    /// <summary>The values of <c>-d</c>, as <see cref="RequestBody"/> reads them; null: no body. They may hold secrets: never shown.</summary>
    public IReadOnlyList<string>? Data { get; init; }

    /// <summary>Whether the end of an accepted answer's body is waited for, not only that of its head.</summary>
    public bool WaitsForBody { get; init; }

    /// <summary>How long a server that has accepted the connection may be silent; <see cref="Timeout.InfiniteTimeSpan"/>, the default: for ever.</summary>
    public TimeSpan AnswerTimeout { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>The PEM file of the certificate authorities to trust instead of the image's; null: the image's.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>Whether any certificate is accepted.</summary>
    public bool Insecure { get; init; }

    /// <summary>The Unix-domain socket to connect to instead of the URL's host; null: the host.</summary>
    public string? UnixSocket { get; init; }

    /// <summary>Tells whether a header field would make a request that no server can read to its end.</summary>
    /// <param name="field">The field.</param>
    /// <param name="data">The values of <c>-d</c>; empty: no body.</param>
    /// <returns>Null, or what is wrong, with the fix.</returns>
    public static string? ProblemOf(HeaderField field, IReadOnlyList<string> data)
    {
        if (field.Is("Transfer-Encoding"))
        {
            return data.Count == 0 ? "Transfer-Encoding without a body; give one with --data, or leave it out"
                : field.Value is "chunked" ? null
                : "Transfer-Encoding can only be chunked; write that, or leave it out";
        }

        if (!field.Is("Content-Length"))
        {
            return null;
        }

        var length = data.Count == 0 ? 0 : RequestBody.LengthOf(data);
        return length is null ? "Content-Length with a file as body; leave it out, it is counted"
            : field.Value == length.Value.ToString(CultureInfo.InvariantCulture) ? null
            : $"Content-Length is not {length}, the length of the body; leave it out, it is counted";
    }
}

/// <summary>A set of HTTP status codes, written as codes and ranges: <c>200-299,410</c>.</summary>
public sealed class StatusSet
{
    private readonly (int First, int Last)[] _ranges;

    private StatusSet((int First, int Last)[] ranges) => _ranges = ranges;

    /// <summary>200 to 299.</summary>
    public static StatusSet Success { get; } = new([(200, 299)]);

    /// <summary>Reads a set. Codes run from 100 to 599; ranges may not run backwards.</summary>
    /// <param name="text">Codes and ranges with commas between them, no blanks.</param>
    /// <returns>The set, or null when the text is none.</returns>
    public static StatusSet? Parse(string text)
    {
        var parts = text.Split(',');
        var ranges = new (int First, int Last)[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            var dash = parts[i].IndexOf('-', StringComparison.Ordinal);
            var first = dash < 0 ? parts[i] : parts[i].AsSpan(0, dash);
            var last = dash < 0 ? parts[i] : parts[i].AsSpan(dash + 1);
            if (!IsCode(first, out ranges[i].First) || !IsCode(last, out ranges[i].Last) || ranges[i].First > ranges[i].Last)
            {
                return null;
            }
        }

        return new StatusSet(ranges);
    }

    /// <summary>Whether a status is in the set.</summary>
    /// <param name="status">The status of a response.</param>
    public bool Contains(int status)
    {
        foreach ((var first, var last) in _ranges)
        {
            if (status >= first && status <= last)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsCode(ReadOnlySpan<char> text, out int code) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out code) && code is >= 100 and <= 599;
}
