using System.Security.Cryptography.X509Certificates;

namespace Prestop.Testing;

/// <summary>PEM files of a certificate and of its private key.</summary>
public sealed record ServerCertificate(string File, string KeyFile)
{
    internal X509Certificate2 Load() => X509Certificate2.CreateFromPemFile(File, KeyFile);
}
