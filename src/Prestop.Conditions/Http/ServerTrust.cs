using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Prestop.Http.Trust;

namespace Prestop.Conditions.Http;

/// <summary>Whom an https step trusts: the authorities that were given, else those of the image, else nobody; or everybody.</summary>
internal sealed class ServerTrust
{
    private readonly HttpSettings _settings;

    /// <summary>Makes the rule of a step. Nothing is read yet.</summary>
    /// <param name="settings">What the user said of it.</param>
    public ServerTrust(HttpSettings settings)
    {
        _settings = settings;
        Options = TlsClient.Trusting(settings.Authorities ?? []);
        Options.RemoteCertificateValidationCallback = (_, _, seen, errors) => (Problem = _settings.Insecure ? null : ProblemOf(seen, errors)) is null;
    }

    /// <summary>Why the server that was seen last is not trusted, with the fix; null when it is.</summary>
    public string? Problem { get; private set; }

    /// <summary>The rule as .NET takes it.</summary>
    public SslClientAuthenticationOptions Options { get; }

    private string? ProblemOf(X509Chain? seen, SslPolicyErrors errors)
    {
        if (seen is null || _settings.Authorities is not null || !errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            return WordsFor(errors, seen);
        }

        // The authorities of the image are looked up by what the server shows; the next handshake knows them from the start.
        using var chain = new X509Chain { ChainPolicy = seen.ChainPolicy.Clone() };
        var found = SystemAuthorities.ReadFor(seen);
        chain.ChainPolicy.CustomTrustStore.AddRange(found);
        if (!chain.Build(seen.ChainElements[0].Certificate))
        {
            return WordsFor(errors, chain);
        }

        Options.CertificateChainPolicy!.CustomTrustStore.AddRange(found);
        return WordsFor(errors & ~SslPolicyErrors.RemoteCertificateChainErrors, chain);
    }

    private static string? WordsFor(SslPolicyErrors errors, X509Chain? chain)
    {
        if (errors is SslPolicyErrors.None)
        {
            return null;
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            return "the server shows no certificate";
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            return "the server's certificate is for another name";
        }

        var expired = chain is not null
            && Array.Exists(chain.ChainStatus, status => status.Status.HasFlag(X509ChainStatusFlags.NotTimeValid));
        return expired
            ? "the server's certificate has expired or is not yet valid"
            : "the server's certificate is not signed by a trusted authority; give its CA file with --cacert";
    }
}
