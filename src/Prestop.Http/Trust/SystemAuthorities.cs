using System.Security.Cryptography.X509Certificates;

namespace Prestop.Http.Trust;

/// <summary>
/// The authorities that an image trusts: the file that SSL_CERT_FILE names, else the first bundle where distributions keep
/// theirs, as Go's crypto/x509 looks for it. OpenSSL would look only where the distribution that it was built on has it.
/// </summary>
public static class SystemAuthorities
{
    private static readonly string[] Bundles =
    [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ];

    /// <summary>Reads the authorities.</summary>
    /// <returns>None when the image has no bundle: then nobody is trusted.</returns>
    public static X509Certificate2Collection Read() => Read(_ => true);

    /// <summary>
    /// Reads those authorities by which the certificates of a chain may be signed, directly or not: the 150 of a distribution would be
    /// 1 MB. Found by name alone; whether a signature is theirs is not looked at here.
    /// </summary>
    /// <param name="chain">The certificates that a server showed, as far as they hang together.</param>
    public static X509Certificate2Collection ReadFor(X509Chain chain)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var element in chain.ChainElements)
        {
            names.Add(element.Certificate.Subject);
            names.Add(element.Certificate.Issuer);
        }

        while (true)
        {
            var known = names.Count;
            var authorities = Read(certificate => names.Contains(certificate.Subject));
            foreach (var authority in authorities)
            {
                names.Add(authority.Issuer);
            }

            if (names.Count == known)
            {
                return authorities;
            }
        }
    }

    private static X509Certificate2Collection Read(Predicate<X509Certificate2> isWanted)
    {
        var named = Environment.GetEnvironmentVariable("SSL_CERT_FILE");
        var candidates = string.IsNullOrEmpty(named) ? Bundles : [named];
        foreach (var path in candidates)
        {
            if (CertificateAuthorities.Read(path, isWanted, out _) is { } authorities)
            {
                return authorities;
            }
        }

        return [];
    }
}
