using System.Globalization;
using System.Text.Json.Nodes;
using Bench.Figures;
using Bench.Processes;
using Prestop.Testing;
using Prestop.Testing.Cluster;

namespace Bench.Sections;

/// <summary>
/// <c>prestopd controller</c> in a small and in a big cluster, beside a webhook on Go's net/http that decides nothing: reviews a second, how long they take, memory.
/// </summary>
internal static class ControllerSection
{
    private const int Connections = 16;
    private const string Token = "e30.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6cHJlc3RvcDpwcmVzdG9wZCJ9.x";

    private static readonly Size Small = new(Namespaces: 5, Services: 20, Pods: 100), Big = new(Namespaces: 100, Services: 2_000, Pods: 10_000);

    public static Section Measure(TemporaryFolder folder)
    {
        var table = new Table(
            $"prestopd controller: reviews over TLS, {Connections} connections that are kept",
            ("server", ""), ("reviews of", ""), ("a second", ""), ("p50", "ms"), ("p99", "ms"), ("memory", "KiB"));
        var small = MeasureController(Small, folder);
        var big = MeasureController(Big, folder);
        var peer = MeasurePeer(folder);
        foreach (var (server, rows) in new[] { ("controller, " + Small, small), ("controller, " + Big, big), ("Go, allows", peer) })
        {
            foreach (var row in rows)
            {
                table.Add(server, row.Review, Cell.Count((long)row.PerSecond), Cell.Milliseconds(row.Median), Cell.Milliseconds(row.P99), Cell.Kibibytes(row.Memory));
            }
        }

        table.Explain("creation: a hook is added to the pod. deletion: of a pod that Services select and that drains already, which is refused. memory: resident after it, of which two thirds are pages of the program's file.");
        table.Explain("a hundredth of the pods drains. Go: net/http and encoding/json, which read the same reviews, know no cluster and allow all.");
        return new Section(table,
        [
            .. small.Zip(big, (one, other) => Goal.TimeRatio($"{one.Review}: p99 in a big cluster, against a small one", other.P99 / one.P99, 1.5)),
            .. peer.Zip(big, (one, other) => Goal.TimeRatio($"{one.Review}: p99 in a big cluster, against Go", other.P99 / one.P99, 1.0)),
            Goal.MemoryRatio("memory in a big cluster, against a small one", (double)big.Max(row => row.Memory) / small.Max(row => row.Memory), 1.25),
        ]);
    }

    private static List<Row> MeasureController(Size size, TemporaryFolder folder)
    {
        var cluster = new LoopbackCluster(TimeProvider.System);
        try
        {
            Fill(cluster, size);
            folder.Write("kubeconfig", cluster.Kubeconfig(Token));
            var port = Port();
            return Measure(
                new Command(
                    Repository.Published("prestopd"), "controller", "--port", port, "--kubeconfig", folder["kubeconfig"], "--namespace", "prestop", "--service-account", "prestopd",
                    "--delivery", "native-sleep", "--mode", "intercept", "--notice", "0"),
                port,
                folder);
        }
        finally
        {
            cluster.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static List<Row> MeasurePeer(TemporaryFolder folder)
    {
        var go = SystemProgram.Find("go", "golang-go");
        new Command(go, "build", "-trimpath", "-o", folder["webhook"], Repository.PathTo("tests", "Bench", "Peers", "webhook.go"))
        {
            Variables = [$"HOME={folder.Path}", "CGO_ENABLED=0"],
        }.Run();
        var port = Port();
        return Measure(new Command(folder["webhook"], port), port, folder);
    }

    private static List<Row> Measure(Command command, string port, TemporaryFolder folder)
    {
        using var server = WaitingProcess.Start(command);
        server.Until(() => IsReady(port));
        return
        [
            Try(server, "creation", port, "/mutate/pods", Recorded("02-create-by-replicaset", "01-mutate-CREATE-replicaset-controller", creates: true), folder),
            Try(server, "deletion", port, "/validate/pods", Recorded("05-kubectl-delete", "01-validate-DELETE-admin", creates: false), folder),
        ];
    }

    private static Row Try(WaitingProcess server, string review, string port, string path, string body, TemporaryFolder folder)
    {
        var script = folder.Write("review.lua", $"""
            wrk.method = "POST"
            wrk.headers["Content-Type"] = "application/json"
            wrk.body = io.open("{folder.Write("review.json", body)}"):read("*a")
            done = function(summary, latency, requests)
              io.write(string.format("%d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), summary.errors.status + summary.errors.timeout + summary.errors.connect))
            end
            """);
        var seconds = LongRun.IsAsked ? 15 : 5;
        var wrk = OnHost.Start(
            SystemProgram.Find("wrk", "wrk"), "-t", "1", "-c", Connections.ToString(CultureInfo.InvariantCulture), "-d", $"{seconds}s", "-s", script, $"https://127.0.0.1:{port}{path}?timeout=5s");
        try
        {
            wrk.ExitsWithAsync(0).GetAwaiter().GetResult();
            var figures = wrk.Stdout.Lines[^1].Split(' ').Select(figure => long.Parse(figure, CultureInfo.InvariantCulture)).ToList();
            return figures is [> 0, _, _, _, 0]
                ? new Row(review, figures[0] / TimeSpan.FromMicroseconds(figures[1]).TotalSeconds, TimeSpan.FromMicroseconds(figures[2]), TimeSpan.FromMicroseconds(figures[3]), server.Resident)
                : throw new BenchException($"{review}: {wrk.Stdout.Text}");
        }
        finally
        {
            wrk.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static bool IsReady(string port)
    {
        var curl = OnHost.Start(SystemProgram.Curl, "--insecure", "--silent", "--fail", $"https://127.0.0.1:{port}/readyz");
        try
        {
            return curl.ExitAsync().GetAwaiter().GetResult() == ExitStatus.With(0);
        }
        finally
        {
            curl.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static void Fill(LoopbackCluster cluster, Size size)
    {
        cluster.Users[Token] = ApiUser.ServiceAccount("prestop", "prestopd");
        cluster.Put("""{"kind": "Namespace", "metadata": {"name": "prestop"} }""");
        foreach (var kind in new[] { "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration" })
        {
            cluster.Put($$"""{"kind": "{{kind}}", "metadata": {"name": "prestop"}, "webhooks": []}""");
        }

        for (var service = 0; service < size.Services; service++)
        {
            // One Service of each namespace selects what is reviewed.
            var place = service / size.Namespaces;
            cluster.Put($$"""
                {"kind": "Service", "metadata": {"name": "s{{place}}", "namespace": "{{Namespace(service, size)}}"},
                 "spec": {"selector": {"app": "{{(place == 0 ? "web" : $"app{place}")}}"}, "ports": [{"port": 80, "targetPort": 8080}]} }
                """);
        }

        for (var pod = 0; pod < size.Pods; pod++)
        {
            var drains = pod % 100 == 0 ? """, "prestop/draining": "true" """ : "";
            var until = pod % 100 == 0 ? $$""", "annotations": {"prestop/labels": "{}", "prestop/drain-until": "{{Later}}", "prestop/asked-by": "delete"}""" : "";
            cluster.Put($$"""
                {"kind": "Pod", "metadata": {"name": "p{{pod}}", "namespace": "{{Namespace(pod, size)}}", "labels": {"app": "app{{pod % 40}}"{{drains}}}{{until}} },
                 "spec": {"nodeName": "node-1", "containers": [{"name": "app", "ports": [{"containerPort": 8080}]}]}, "status": {"phase": "Running"} }
                """);
        }
    }

    private static string Namespace(int number, Size size) => number % size.Namespaces == 0 ? "rec" : $"n{number % size.Namespaces}";

    private static string Later => TimeProvider.System.GetUtcNow().AddHours(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A recorded review of a pod that Services select.</summary>
    private static string Recorded(string what, string review, bool creates)
    {
        var path = Repository.PathTo("tests", "Prestopd.Tests", "Controller", "Recordings", "admission", what, review + ".json");
        var recorded = JsonNode.Parse(File.ReadAllText(path))!;
        var request = recorded["request"]!;
        var metadata = request[creates ? "object" : "oldObject"]!["metadata"]!;
        (request["namespace"], metadata["namespace"]) = ("rec", "rec");
        metadata["labels"]!["app"] = "web";
        if (creates)
        {
            metadata["annotations"] = new JsonObject { ["prestop/mode"] = "inject" };
        }
        else
        {
            metadata["labels"]!["prestop/draining"] = "true";
            metadata["annotations"] = new JsonObject { ["prestop/labels"] = "{}", ["prestop/drain-until"] = Later, ["prestop/asked-by"] = "delete" };
        }

        return recorded.ToJsonString();
    }

    private static string Port() => NginxServer.FreePort().ToString(CultureInfo.InvariantCulture);

    private sealed record Size(int Namespaces, int Services, int Pods)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Pods:N0} pods, {Services:N0} Services");
    }

    private sealed record Row(string Review, double PerSecond, TimeSpan Median, TimeSpan P99, long Memory);
}
