using System.Text;

namespace Prestopd.Hosting;

/// <summary>The answer to a request, whole.</summary>
/// <param name="Status">200 to 599.</param>
/// <param name="ContentType">The media type of the body; null without a body.</param>
/// <param name="Body">The body. It is not sent where there can be none: for HEAD, 204, 205 and 304.</param>
internal readonly record struct HttpResponse(int Status, string? ContentType = null, ReadOnlyMemory<byte> Body = default)
{
    /// <summary>The media type of <see cref="Text(int, string)"/>.</summary>
    public const string PlainText = "text/plain; charset=utf-8";

    /// <summary>After how many seconds the client may ask again; null where nothing is said of it.</summary>
    public int? RetryAfter { get; init; }

    // Status line, six header lines and a media type.
    private const int LongestHead = 384;

    private bool HasBody => Status is not (204 or 205 or 304);

    /// <summary>A text.</summary>
    /// <param name="status">200 to 599.</param>
    /// <param name="text">The body, with its line end.</param>
    public static HttpResponse Text(int status, string text) => new(status, PlainText, Encoding.UTF8.GetBytes(text));

    /// <summary>The most bytes that <see cref="Write"/> needs.</summary>
    public int MaxLength => LongestHead + Body.Length;

    /// <summary>Writes the answer as it is sent.</summary>
    /// <param name="to">At least <see cref="MaxLength"/> bytes.</param>
    /// <param name="date">The value of the Date field.</param>
    /// <param name="connection">The value of the Connection field; empty where there is none.</param>
    /// <param name="isHead">Whether the request was HEAD.</param>
    /// <returns>The bytes written.</returns>
    public int Write(Span<byte> to, ReadOnlySpan<byte> date, ReadOnlySpan<byte> connection, bool isHead)
    {
        var text = new Utf8Text(to);
        text.Add("HTTP/1.1 "u8);
        text.Add(Status);
        text.Add(" "u8);
        text.Add(ReasonPhrase(Status));
        if (Status is not (204 or 304))
        {
            text.Add("\r\nContent-Length: "u8);
            text.Add(HasBody ? Body.Length : 0);
        }

        if (HasBody && ContentType is not null)
        {
            text.Add("\r\nContent-Type: "u8);
            text.Add(ContentType);
        }

        if (RetryAfter is { } seconds)
        {
            text.Add("\r\nRetry-After: "u8);
            text.Add(seconds);
        }

        if (connection.Length > 0)
        {
            text.Add("\r\nConnection: "u8);
            text.Add(connection);
        }

        text.Add("\r\nDate: "u8);
        text.Add(date);
        text.Add("\r\n\r\n"u8);
        if (HasBody && !isHead)
        {
            text.Add(Body.Span);
        }

        return text.Length;
    }

    private static string ReasonPhrase(int status) => status switch
    {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        410 => "Gone",
        413 => "Content Too Large",
        414 => "URI Too Long",
        417 => "Expectation Failed",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",

        // A client reads the number (RFC 9112, 4).
        _ => "",
    };
}
