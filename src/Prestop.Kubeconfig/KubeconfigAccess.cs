using System.Net;
using System.Security.Cryptography.X509Certificates;
using Prestop.Kubernetes.Access;

namespace Prestop.Kubeconfig;

/// <summary>
/// What a kubeconfig says about one context: the cluster and the credentials. The files are read as kubectl reads them ("Organizing Cluster
/// Access Using kubeconfig Files" in the Kubernetes documentation). What would send credentials where they may not be meant to go is refused:
/// plain http, verification and a CA bundle at once, two ways to log in, a name that stands for two entries.
/// </summary>
public sealed class KubeconfigAccess
{
    private KubeconfigAccess(string context, string? @namespace, ClusterAccess cluster) =>
        (Context, Namespace, Cluster) = (context, @namespace, cluster);

    /// <summary>The context's name.</summary>
    public string Context { get; }

    /// <summary>Its namespace; null when it names none: for kubectl that means <c>default</c>.</summary>
    public string? Namespace { get; }

    /// <summary>The cluster and the credentials.</summary>
    public ClusterAccess Cluster { get; }

    /// <summary>Reads the files, and of the context what is needed to talk to its cluster. No connection is made and no plugin run yet.</summary>
    /// <param name="choice">Which files, and which context.</param>
    /// <param name="problem">What is wrong, in one line that names the file, the context and the field, and no secret; else empty.</param>
    /// <returns>The access, or null when there is a problem.</returns>
    public static KubeconfigAccess? Load(KubeconfigChoice choice, out string problem)
    {
        try
        {
            problem = "";
            return Read(choice);
        }
        catch (KubeconfigException thrown)
        {
            problem = thrown.Message;
            return null;
        }
    }

    private static KubeconfigAccess Read(KubeconfigChoice choice)
    {
        var (files, merged) = ReadFiles(choice);
        var name = choice.Context ?? merged.CurrentContext
            ?? throw new KubeconfigException($"{files}: no current-context is set; name the context");
        if (!merged.Contexts.TryGetValue(name, out var context))
        {
            throw new KubeconfigException($"{files}: there is no context '{name}'; there are: {Names(merged.Contexts)}");
        }

        if (context.Text("cluster") is not { } clusterName || !merged.Clusters.TryGetValue(clusterName, out var cluster))
        {
            throw context.Problem("cluster", $"names no cluster that is there; there are: {Names(merged.Clusters)}");
        }

        KubeconfigEntry? user = null;
        if (context.Text("user") is { } userName && !merged.Users.TryGetValue(userName, out user))
        {
            throw context.Problem("user", $"names no user that is there; there are: {Names(merged.Users)}");
        }

        cluster.Context = name;
        user?.Context = name;
        return new KubeconfigAccess(name, context.Text("namespace"), AccessTo(cluster, user, choice));
    }

    private static string Names(IReadOnlyDictionary<string, KubeconfigEntry> entries) =>
        entries.Count == 0 ? "none" : string.Join(", ", entries.Keys.Order(StringComparer.Ordinal));

    private static (string Files, KubeconfigFile Merged) ReadFiles(KubeconfigChoice choice)
    {
        if (choice.File is not null)
        {
            return (choice.File, KubeconfigFile.Read(choice.File) ?? throw new KubeconfigException($"{choice.File} does not exist"));
        }

        string[] paths;
        if (choice.Variable("KUBECONFIG") is { Length: > 0 } list)
        {
            paths = list.Split(':', StringSplitOptions.RemoveEmptyEntries);
        }
        else
        {
            paths = choice.Variable("HOME") is { Length: > 0 } home
                ? [Path.Join(home, ".kube", "config")]
                : throw new KubeconfigException("neither KUBECONFIG nor HOME is set; name a kubeconfig file");
        }

        // One that is not there is passed over, as kubectl does: KUBECONFIG is often set for files that come later.
        KubeconfigFile? merged = null;
        foreach (var file in paths.Select(KubeconfigFile.Read).OfType<KubeconfigFile>())
        {
            if (merged is null)
            {
                merged = file;
            }
            else
            {
                merged.Add(file);
            }
        }

        var files = string.Join(':', paths);
        return (files, merged ?? throw new KubeconfigException($"{files} does not exist; name a kubeconfig file, or set KUBECONFIG"));
    }

    private static ClusterAccess AccessTo(KubeconfigEntry cluster, KubeconfigEntry? user, KubeconfigChoice choice)
    {
        var address = AddressOf(cluster);
        var skips = cluster.Flag("insecure-skip-tls-verify");
        var authorities = cluster.Content("certificate-authority", out var source);
        if (skips && authorities is not null)
        {
            throw cluster.Problem("insecure-skip-tls-verify", $"is true although {source} is set: the server is either verified or not");
        }

        var credentials = UserCredentials.Of(user, cluster, choice, out var isAnonymous);
        if (address.Scheme == Uri.UriSchemeHttp && !isAnonymous)
        {
            throw cluster.Problem("server", "begins with http://, and the user's credentials would be sent for everybody to read; use https://");
        }

        return new ClusterAccess
        {
            Address = address,
            Authorities = authorities is null ? null : AuthoritiesOf(cluster, source, authorities),
            Credentials = credentials,
            ServerName = cluster.Text("tls-server-name"),
            SkipsVerification = skips,
            Proxy = ProxyOf(cluster),
            UserAgent = choice.UserAgent,
        };
    }

    private static Uri AddressOf(KubeconfigEntry cluster)
    {
        var server = cluster.Text("server") ?? throw cluster.Problem("server", "is not set");
        if (!Uri.TryCreate(server.EndsWith('/') ? server : $"{server}/", UriKind.Absolute, out var address)
            || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp))
        {
            throw cluster.Problem("server", "must be an address such as https://cluster.example.com:6443");
        }

        return address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0
            ? throw cluster.Problem("server", "must be an address without user, query or fragment")
            : address;
    }

    private static X509Certificate2Collection AuthoritiesOf(KubeconfigEntry cluster, string source, byte[] pem) =>
        ClusterAccess.AuthoritiesIn(System.Text.Encoding.UTF8.GetString(pem))
        ?? throw cluster.Problem(source, "holds no certificate; it must be a PEM bundle");

    private static IWebProxy? ProxyOf(KubeconfigEntry cluster)
    {
        if (cluster.Text("proxy-url") is not { } text)
        {
            // As with kubectl, HTTPS_PROXY and NO_PROXY count where the file names no proxy.
            return HttpClient.DefaultProxy;
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https" or "socks5"))
        {
            throw cluster.Problem("proxy-url", "must begin with http://, https:// or socks5://");
        }

        var proxy = new WebProxy(new UriBuilder(address) { UserName = "", Password = "" }.Uri);
        if (address.UserInfo.Split(':', 2) is [{ Length: > 0 } name, .. var password])
        {
            proxy.Credentials = new NetworkCredential(
                Uri.UnescapeDataString(name), password.Length > 0 ? Uri.UnescapeDataString(password[0]) : "");
        }

        return proxy;
    }
}
