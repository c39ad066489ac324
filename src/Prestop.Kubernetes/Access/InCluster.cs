using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Prestop.Kubernetes.Json;

namespace Prestop.Kubernetes.Access;

/// <summary>
/// How a container reaches the API server of its own cluster: two environment variables and three files, all put there by
/// the kubelet ("Accessing the Kubernetes API from a Pod" in the Kubernetes documentation).
/// </summary>
public static class InCluster
{
    /// <summary>Where the kubelet mounts the service account.</summary>
    public const string ServiceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

    private const string AutomountHint = "set automountServiceAccountToken: true on the pod and its service account";

    /// <summary>Finds the API server and the means to talk to it.</summary>
    /// <param name="environment">The container's variables and files.</param>
    /// <param name="time">The clock, for the token's age.</param>
    /// <param name="problem">What is missing and what to do about it, in one line; else empty.</param>
    /// <returns>The access, or null when there is a problem.</returns>
    public static ClusterAccess? Find(ContainerEnvironment environment, TimeProvider time, out string problem)
    {
        if (Address(environment, out problem) is not { } address ||
            Authorities(environment, out problem) is not { } authorities)
        {
            return null;
        }

        if (TokenFile.Open(environment, $"{ServiceAccount}/token", time, out problem) is not { } token)
        {
            problem = $"{problem}; {AutomountHint}";
            return null;
        }

        return new ClusterAccess { Address = address, Authorities = authorities, Credentials = token };
    }

    /// <summary>The namespace that the container runs in.</summary>
    /// <param name="environment">The container's files.</param>
    /// <param name="problem">Why it is not known and what to do about it, in one line; else empty.</param>
    /// <returns>The namespace, or null when there is a problem.</returns>
    public static string? Namespace(ContainerEnvironment environment, out string problem)
    {
        var found = environment.File($"{ServiceAccount}/namespace", out problem);
        if (found is null)
        {
            problem = $"{problem}; {AutomountHint}, or name the namespace";
        }

        return found;
    }

    /// <summary>Who the container is to the API server, by its token: <c>system:serviceaccount:NAMESPACE:NAME</c>.</summary>
    /// <param name="environment">The container's files.</param>
    /// <returns>The user name; null when there is no token, or none of a service account.</returns>
    public static string? User(ContainerEnvironment environment)
    {
        // A JSON Web Token (RFC 7519): three parts in base64url, the second the claims.
        if (environment.File($"{ServiceAccount}/token", out _)?.Split('.') is not [_, var claims, _])
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(claims));
            return document.RootElement.Text("sub");
        }
        catch (Exception damage) when (damage is FormatException or JsonException)
        {
            return null;
        }
    }

    private static Uri? Address(ContainerEnvironment environment, out string problem)
    {
        var host = environment.Variable("KUBERNETES_SERVICE_HOST");
        var port = environment.Variable("KUBERNETES_SERVICE_PORT");
        if (host is null || port is null)
        {
            problem = $"{(host is null ? "KUBERNETES_SERVICE_HOST" : "KUBERNETES_SERVICE_PORT")} is not set; "
                + "it is in every container of a pod, so run this in one";
            return null;
        }

        var bare = host.Trim('[', ']');
        var authority = IPAddress.TryParse(bare, out var ip)
            && ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{bare}]" : host;
        if (!ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
        {
            problem = $"KUBERNETES_SERVICE_PORT is '{port}'; it must be a port, 1 to 65535";
            return null;
        }

        if (Uri.CheckHostName(bare) is UriHostNameType.Unknown or UriHostNameType.Basic)
        {
            problem = $"KUBERNETES_SERVICE_HOST is '{host}'; it must be an IP address or a host name";
            return null;
        }

        problem = "";
        return new Uri(string.Create(CultureInfo.InvariantCulture, $"https://{authority}:{number}/"));
    }

    private static X509Certificate2Collection? Authorities(ContainerEnvironment environment, out string problem)
    {
        const string path = $"{ServiceAccount}/ca.crt";
        if (environment.File(path, out problem) is not { } pem)
        {
            problem = $"{problem}; {AutomountHint}";
            return null;
        }

        var found = ClusterAccess.AuthoritiesIn(pem);
        problem = found is null ? $"{path} holds no certificate; it must be a PEM bundle" : "";
        return found;
    }
}
