using System.Globalization;
using System.Text;
using Prestop.Testing;
using Prestop.Testing.Cluster;
using Xunit;

namespace BlackBox.Tests.Controller;

/// <summary>A replica of <c>prestopd controller</c>, alone in an empty root with a service account's token, as in its pod.</summary>
/// <param name="process">The program.</param>
/// <param name="port">Where it listens.</param>
internal sealed class ControllerReplica(Child process, int port) : IAsyncDisposable
{
    private readonly HttpClient _http = NewClient(port);

    public Child Process => process;

    public int Port => port;

    /// <summary>Starts one.</summary>
    /// <param name="cluster">The API server.</param>
    /// <param name="folder">Where the service account's files are kept.</param>
    /// <param name="token">Its token.</param>
    /// <param name="name">The pod's name.</param>
    /// <param name="options">More options.</param>
    /// <param name="variables">More of its environment.</param>
    public static ControllerReplica Start(
        LoopbackCluster cluster, TemporaryFolder folder, string token, string name, string[] options, IReadOnlyDictionary<string, string>? variables = null)
    {
        const string account = "/var/run/secrets/kubernetes.io/serviceaccount";
        var port = NginxServer.FreePort();
        var child = new EmptyRoot
        {
            AsPid1 = true,
            Environment = new(variables ?? new Dictionary<string, string>())
            {
                ["KUBERNETES_SERVICE_HOST"] = cluster.Https.Host,
                ["KUBERNETES_SERVICE_PORT"] = cluster.Https.Port.ToString(CultureInfo.InvariantCulture),
                ["POD_NAME"] = name,
            },
            Files = new()
            {
                [$"{account}/token"] = folder.Write("token", token),
                [$"{account}/namespace"] = folder.Write("namespace", "prestop"),
                [$"{account}/ca.crt"] = folder.Write("ca.crt", LoopbackCluster.AuthorityPem),
            },
        }.Run("prestopd", ["controller", "--port", port.ToString(CultureInfo.InvariantCulture), "--delivery", "native-sleep", .. options]);
        return new ControllerReplica(child, port);
    }

    public async Task<(int Status, string Body)> GetAsync(string path, string host = "127.0.0.1")
    {
        using var answer = await _http.GetAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"https://{host}:{port}/{path}")), TestContext.Current.CancellationToken);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public async Task<(int Status, string Body)> PostAsync(string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync(path, content, TestContext.Current.CancellationToken);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public async Task UntilReadyAsync()
    {
        await process.WaitForLineAsync("prestopd controller started");
        while ((await GetAsync("readyz")).Status != 200)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await process.DisposeAsync();
    }

    /// <summary>As a kubelet's probes: any certificate will do.</summary>
    private static HttpClient NewClient(int port)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null;
        return new HttpClient(handler) { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{port}/")) };
    }
}
