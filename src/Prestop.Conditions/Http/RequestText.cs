using System.Globalization;
using System.Text;

namespace Prestop.Conditions.Http;

/// <summary>A request as it goes over the wire (RFC 9112), field for field what curl would send with the same options.</summary>
internal static class RequestText
{
    /// <summary>Writes a request.</summary>
    /// <param name="url">An absolute <c>http</c> or <c>https</c> URL; a user name and password in it are sent as Basic authentication.</param>
    /// <param name="settings">Method and header fields; a field of the user's takes the place of the one that would be sent by itself.</param>
    /// <param name="body">The body; null: none.</param>
    public static byte[] Of(Uri url, HttpSettings settings, byte[]? body)
    {
        var head = new StringBuilder();
        head.Append(MethodOf(settings)).Append(' ').Append(url.PathAndQuery).Append(" HTTP/1.1\r\n");
        var host = settings.Headers.FirstOrDefault(field => field.Is("Host"));
        Append("Host", host is null ? HostOf(url) : host.Value); // first, as RFC 9112 section 3.2 asks for it
        if (url.UserInfo.Length > 0)
        {
            var credentials = Uri.UnescapeDataString(url.UserInfo);
            Add("Authorization", "Basic " + Convert.ToBase64String(
                Encoding.UTF8.GetBytes(credentials.Contains(':', StringComparison.Ordinal) ? credentials : credentials + ":")));
        }

        Add("User-Agent", "prestop");
        Add("Accept", "*/*");
        Add("Connection", "close");
        foreach (var field in settings.Headers)
        {
            if (!field.Is("Host"))
            {
                Append(field.Name, field.Value);
            }
        }

        var isChunked = settings.Headers.Any(field => field.Is("Transfer-Encoding"));
        if (body is not null)
        {
            if (!isChunked)
            {
                Add("Content-Length", body.Length.ToString(CultureInfo.InvariantCulture));
            }

            Add("Content-Type", "application/x-www-form-urlencoded");
        }

        head.Append("\r\n");
        if (isChunked && body is { Length: > 0 })
        {
            // One chunk, and the one of no length that ends a body.
            head.Append(CultureInfo.InvariantCulture, $"{body.Length:x}\r\n");
            return [.. Encoding.ASCII.GetBytes(head.ToString()), .. body, .. "\r\n0\r\n\r\n"u8];
        }

        return [.. Encoding.ASCII.GetBytes(head.ToString()), .. body ?? [], .. isChunked ? "0\r\n\r\n"u8 : []];

        void Add(string name, string value)
        {
            if (!settings.Headers.Any(field => field.Is(name)))
            {
                Append(name, value);
            }
        }

        void Append(string name, string? value)
        {
            if (value is not null)
            {
                head.Append(name).Append(value.Length == 0 ? ":" : ": ").Append(value).Append("\r\n");
            }
        }
    }

    /// <summary>The method that a request has.</summary>
    /// <param name="settings">What the user said of it.</param>
    public static string MethodOf(HttpSettings settings) => settings.Method ?? (settings.Data is null ? "GET" : "POST");

    private static string HostOf(Uri url)
    {
        var host = url.HostNameType is UriHostNameType.IPv6 ? url.Host : url.IdnHost;
        return url.IsDefaultPort ? host : string.Create(CultureInfo.InvariantCulture, $"{host}:{url.Port}");
    }
}
