using System.Net;
using System.Text;

namespace Prestopd.Hosting;

/// <summary>One request: its head, and what can be asked of the client that sent it.</summary>
internal sealed class HttpRequest
{
    private ReadOnlyMemory<byte> _fields;
    private readonly IClient _client;

    /// <param name="method">The method as it was sent; methods are case-sensitive (RFC 9110, 9.1).</param>
    /// <param name="path">See <see cref="Path"/>.</param>
    /// <param name="query">See <see cref="Query"/>.</param>
    /// <param name="fields">The header lines, each with its line end.</param>
    /// <param name="client">Who sent it.</param>
    public HttpRequest(string method, string path, string query, ReadOnlyMemory<byte> fields, IClient client) =>
        (Method, Path, Query, _fields, _client) = (method, path, query, fields, client);

    /// <summary>Who sends a request.</summary>
    public interface IClient
    {
        /// <summary>The address; IPv4 in its own form, not mapped into IPv6.</summary>
        IPEndPoint Address { get; }

        /// <inheritdoc cref="HttpRequest.Aborted"/>
        CancellationToken Aborted { get; }

        /// <inheritdoc cref="HttpRequest.ReadBodyAsync"/>
        ValueTask<ReadOnlyMemory<byte>?> ReadBodyAsync();
    }

    /// <summary>The method.</summary>
    public string Method { get; }

    /// <summary>
    /// The path with its escapes decoded and nothing else changed: <c>/./x</c> and <c>/%2e/x</c> are <c>/./x</c>. It may hold any character.
    /// </summary>
    public string Path { get; }

    /// <summary>What follows the question mark, as it was sent; empty without one.</summary>
    public string Query { get; }

    /// <summary>The client's address and port.</summary>
    public IPEndPoint Client => _client.Address;

    /// <summary>
    /// Cancelled when the client hangs up or the server stops. Who asks for it ends the connection after this request. A client that
    /// only closes its half looks the same, so ask for it where an answer takes long, and not elsewhere.
    /// </summary>
    public CancellationToken Aborted => _client.Aborted;

    /// <summary>The value of a header field, the first where there are several; null without one.</summary>
    /// <param name="name">The name in lower case.</param>
    public string? Header(ReadOnlySpan<byte> name)
    {
        foreach (var field in new HeaderFields(_fields.Span))
        {
            if (Ascii.EqualsIgnoreCase(field.Name, name))
            {
                return Encoding.UTF8.GetString(field.Value);
            }
        }

        return null;
    }

    /// <summary>Reads the whole body. At most once.</summary>
    /// <returns>The body, empty without one; null when it is larger than the server takes, malformed or cut off.</returns>
    public ValueTask<ReadOnlyMemory<byte>?> ReadBodyAsync()
    {
        // The body is read into the buffer that the head lies in.
        _fields = _fields.ToArray();
        return _client.ReadBodyAsync();
    }
}
