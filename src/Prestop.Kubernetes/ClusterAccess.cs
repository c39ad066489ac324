using System.Security.Cryptography.X509Certificates;

namespace Prestop.Kubernetes;

/// <summary>Where an API server is, whom to believe that it is the one, and how to tell it who asks.</summary>
public sealed class ClusterAccess
{
    /// <summary>The API server: an <c>https</c> address that ends with a slash.</summary>
    public required Uri Address { get; init; }

    /// <summary>The only certificate authorities that may vouch for the API server; the system's own are not asked.</summary>
    public required X509Certificate2Collection Authorities { get; init; }

    /// <summary>Who asks.</summary>
    public required BearerToken Token { get; init; }
}
