using System.Security.Cryptography.X509Certificates;

namespace Prestop.Linux.Certificates;

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
    public static X509Certificate2Collection Read()
    {
        var named = Environment.GetEnvironmentVariable("SSL_CERT_FILE");
        var candidates = string.IsNullOrEmpty(named) ? Bundles : [named];
        foreach (var path in candidates)
        {
            if (CertificateAuthorities.Read(path, out _) is { } authorities)
            {
                return authorities;
            }
        }

        return [];
    }
}
