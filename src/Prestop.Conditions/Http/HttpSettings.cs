using System.Security.Cryptography.X509Certificates;

namespace Prestop.Conditions.Http;

/// <summary>What an HTTP step sends, whom it trusts and which answers it accepts. Names and meanings are curl's.</summary>
public sealed record HttpSettings
{
    /// <summary>The accepted statuses. Default 200 to 299.</summary>
    public StatusSet Accepted { get; init; } = StatusSet.Success;

    /// <summary>The request's method; null: GET, or POST with <see cref="Data"/>.</summary>
    public HttpMethod? Method { get; init; }

    /// <summary>Header fields that are sent with the request. They may hold secrets: never shown.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The request's body; null: none.</summary>
    public string? Data { get; init; }

    /// <summary>The certificate authorities to trust instead of the system's; null: the system's.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>Whether any certificate is accepted.</summary>
    public bool Insecure { get; init; }

    /// <summary>The Unix-domain socket to connect to instead of the URL's host; null: the host.</summary>
    public string? UnixSocket { get; init; }
}
