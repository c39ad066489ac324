using System.Globalization;

namespace Prestop.Testing.ApiServer;

/// <summary>The files and variables of a container, as the kubelet would make them.</summary>
internal sealed class PodDirectory : IDisposable
{
    private const string ServiceAccount = "var/run/secrets/kubernetes.io/serviceaccount";

    private PodDirectory()
    {
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("pod-").FullName;

    public Dictionary<string, string> Variables { get; } = [];

    /// <summary>An empty container.</summary>
    public static PodDirectory Empty() => new();

    /// <summary>A container in namespace <c>shop</c> with the address 10.1.2.3, that finds a server.</summary>
    public static PodDirectory For(LoopbackApiServer server)
    {
        var pod = new PodDirectory();
        pod.Variables["KUBERNETES_SERVICE_HOST"] = server.Address.Address.ToString();
        pod.Variables["KUBERNETES_SERVICE_PORT"] = server.Address.Port.ToString(CultureInfo.InvariantCulture);
        pod.Variables["POD_IP"] = "10.1.2.3";
        pod.Variables["HOSTNAME"] = "web-7d9f";
        pod.WriteAccount("token", server.Token);
        pod.WriteAccount("ca.crt", server.AuthorityPem);
        pod.WriteAccount("namespace", "shop");
        return pod;
    }

    public void WriteAccount(string name, string text) => Write($"{ServiceAccount}/{name}", text);

    public void DeleteAccount(string name) => File.Delete(Path.Join(Root, ServiceAccount, name));

    public void Write(string path, string text)
    {
        var full = Path.Join(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
