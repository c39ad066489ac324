using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Prestop.Kubernetes.Access;

namespace Prestop.Kubeconfig;

/// <summary>How a kubeconfig's user logs in.</summary>
internal static class UserCredentials
{
    // What kubectl would do and this does not. To leave it out would be to ask as somebody else.
    private static readonly (string Field, string Fix)[] Refused =
    [
        ("username", "is not read: Kubernetes 1.19 took basic authentication out; use a token, a client certificate or exec"),
        ("password", "is not read: Kubernetes 1.19 took basic authentication out; use a token, a client certificate or exec"),
        ("auth-provider", "is not read: use exec"),
        ("as", "is not read: requests would be made with the rights of the user itself; use credentials of the one that is meant"),
        ("as-uid", "is not read: see as"),
        ("as-groups", "is not read: see as"),
        ("as-user-extra", "is not read: see as"),
    ];

    /// <summary>The credentials of a user.</summary>
    /// <param name="user">The user; null for none.</param>
    /// <param name="cluster">The cluster, of which exec plugins may be told.</param>
    /// <param name="choice">The clock and the environment.</param>
    /// <param name="isAnonymous">True when there are none to send.</param>
    /// <exception cref="KubeconfigException">They are wrong, or there are two of one kind.</exception>
    public static IApiCredentials Of(KubeconfigEntry? user, KubeconfigEntry cluster, KubeconfigChoice choice, out bool isAnonymous)
    {
        isAnonymous = true;
        if (user is null)
        {
            return new FixedCredentials(new ApiCredential(null));
        }

        foreach (var (field, fix) in Refused)
        {
            if (user.Node(field) is not null)
            {
                throw user.Problem(field, fix);
            }
        }

        var certificate = CertificateOf(user);
        var token = user.Text("token");
        var tokenFile = user.Text("tokenFile");
        var exec = user.Part("exec");
        isAnonymous = certificate is null && token is null && tokenFile is null && exec is null;
        if (exec is not null)
        {
            return certificate is null && token is null && tokenFile is null
                ? ExecCredentials.Of(exec, cluster, choice)
                : throw user.Problem("exec", "is set beside a token or a client certificate; keep one of them");
        }

        if (token is not null && !ApiCredential.IsToken(token))
        {
            throw user.Problem("token", "is not a token: it holds blanks or other characters that no token has");
        }

        return tokenFile is null ? new FixedCredentials(new ApiCredential(token, certificate))
            : certificate is not null ? throw user.Problem("tokenFile", "is not read beside a client certificate; keep one of them")
            : FromFile(user, tokenFile, token, choice);
    }

    /// <summary>A certificate and its key, in PEM, with what else the certificate's text holds as intermediates.</summary>
    /// <param name="certificate">The certificate's text.</param>
    /// <param name="key">The key's text.</param>
    /// <returns>Null when they are not PEM or do not belong together.</returns>
    public static SslStreamCertificateContext? Certificate(string certificate, string key)
    {
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificate);
            return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(certificate, key), chain, offline: true);
        }
        catch (Exception thrown) when (thrown is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    private static IApiCredentials FromFile(KubeconfigEntry user, string path, string? token, KubeconfigChoice choice)
    {
        // The file counts before the token beside it, which is there for as long as the file is not.
        var environment = new ContainerEnvironment(choice.Variable, "/");
        return TokenFile.Open(environment, user.Absolute(path), choice.Time, out var problem)
            ?? (token is not null
                ? (IApiCredentials)new FixedCredentials(new ApiCredential(token))
                : throw user.Problem("tokenFile", $"gives no token: {problem}"));
    }

    private static SslStreamCertificateContext? CertificateOf(KubeconfigEntry user)
    {
        var certificate = user.Content("client-certificate", out var source);
        var key = user.Content("client-key", out var keySource);
        return (certificate, key) switch
        {
            (null, null) => null,
            (null, _) => throw user.Problem(keySource, "is set without client-certificate or client-certificate-data"),
            (_, null) => throw user.Problem(source, "is set without client-key or client-key-data"),
            var (certificateText, keyText) => Certificate(Encoding.UTF8.GetString(certificateText), Encoding.UTF8.GetString(keyText))
                ?? throw user.Problem(source, $"and {keySource} are not a PEM certificate and its unencrypted PEM key"),
        };
    }
}
