using System.Net.Security;

namespace Prestop.Kubernetes.Access;

/// <summary>What is sent to the API server so that it knows who asks. Nothing of it may stand in a message.</summary>
/// <param name="token">A bearer token; null when none is sent.</param>
/// <param name="certificate">A client certificate with its key and intermediates, shown during the TLS handshake; null when none is shown.</param>
public sealed class ApiCredential(string? token, SslStreamCertificateContext? certificate = null)
{
    /// <summary>The bearer token; null when none is sent.</summary>
    public string? Token { get; } = token;

    /// <summary>The client certificate; null when none is shown.</summary>
    public SslStreamCertificateContext? Certificate { get; } = certificate;

    /// <summary>Why there is neither although there should be, as a sentence without a full stop; else empty.</summary>
    public string Problem { get; private init; } = "";

    /// <summary>Stands for credentials that could not be had.</summary>
    /// <param name="problem">Why, as a sentence without a full stop and without secrets.</param>
    public static ApiCredential Missing(string problem) => new(null) { Problem = problem };

    /// <summary>Whether a text can be sent as a bearer token: visible ASCII without blanks (RFC 6750 allows no more).</summary>
    /// <param name="text">Any text.</param>
    public static bool IsToken(string text) => text.Length > 0 && !text.AsSpan().ContainsAnyExceptInRange('!', '~');
}

/// <summary>Where credentials come from. Safe for several threads.</summary>
public interface IApiCredentials
{
    /// <summary>The credential for the next request, as <see cref="RefreshAsync"/> left it.</summary>
    ApiCredential Current { get; }

    /// <summary>Makes sure that <see cref="Current"/> can be used: called before every request, and after one that was refused (401).</summary>
    /// <param name="refused">The credential that the API server refused; null before a request. When there is no other, the current one stays.</param>
    /// <param name="cancellation">Ends the call.</param>
    Task RefreshAsync(ApiCredential? refused, CancellationToken cancellation);
}

/// <summary>Credentials that are always the same.</summary>
/// <param name="credential">The credential.</param>
public sealed class FixedCredentials(ApiCredential credential) : IApiCredentials
{
    /// <inheritdoc/>
    public ApiCredential Current => credential;

    /// <inheritdoc/>
    public Task RefreshAsync(ApiCredential? refused, CancellationToken cancellation) => Task.CompletedTask;
}
