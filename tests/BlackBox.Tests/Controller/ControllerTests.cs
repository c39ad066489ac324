using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Prestop.Elb.Tests.ElbService;
using Prestop.Testing;
using Prestop.Testing.Cluster;
using Xunit;

namespace BlackBox.Tests.Controller;

/// <summary>The published <c>prestopd controller</c> against an API server that keeps the real one's semantics and calls it over TLS.</summary>
public sealed class ControllerTests : IAsyncDisposable
{
    private readonly ControllerPods _pods = new();

    [Fact]
    public async Task A_pod_that_is_created_gets_a_hook()
    {
        await _pods.StartAsync();

        var answer = await _pods.Cluster.SendAsync(ApiUser.Admin, "POST", "/api/v1/namespaces/rec/pods", JsonFields.Object(
            """{"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "web-1", "labels": {"app": "web"} }, "spec": {"restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "containers": [{"name": "app", "image": "app"}]} }"""));

        Assert.Equal(201, answer.Status);
        Assert.Equal("""{"preStop":{"sleep":{"seconds":30}}}""", answer.Body.Items("spec", "containers").Single().At("lifecycle")!.ToJsonString());
        Assert.Equal(60, answer.Body.Number("spec", "terminationGracePeriodSeconds"));
        Assert.Contains("prestopd_controller_injections_total{verdict=\"injected\"} 1\n", (await _pods.Replicas[0].GetAsync("metrics")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_deletes_a_pod_is_put_off_until_it_has_drained()
    {
        await _pods.StartAsync("--mode", "intercept", "--drain", "2s");
        _pods.PutPod("web-1");
        var tries = 0;
        ApiAnswer answer;
        while ((answer = await _pods.DeleteAsync("web-1")).Status == 429)
        {
            Assert.True(++tries <= 10, answer.Body!.ToJsonString());
            Assert.Null(_pods.Pod("web-1")!.Labels().Text("app"));
            await Task.Delay(TimeSpan.FromSeconds(int.Parse(answer.Header("Retry-After")!, CultureInfo.InvariantCulture)), TestContext.Current.CancellationToken);
        }

        Assert.Equal((200, true), (answer.Status, tries > 0));
        Assert.True(_pods.Pod("web-1")!.IsTerminating());
        await _pods.UntilAsync(() => _pods.Cluster.Store.All(ApiKind.Event).Any(each => each.Text("reason") == "Drained" && each.Text("regarding", "name") == "web-1"));
    }

    [Fact]
    public async Task A_pod_that_is_evicted_is_deleted_when_it_has_drained()
    {
        await _pods.StartAsync("--mode", "intercept", "--drain", "1s");
        _pods.PutPod("web-1");

        Assert.Equal(429, (await _pods.EvictAsync("web-1")).Status);
        var until = DateTimeOffset.Parse(_pods.Pod("web-1")!.At("metadata", "annotations").Text("prestop/drain-until")!, CultureInfo.InvariantCulture);
        await _pods.UntilAsync(() => _pods.Pod("web-1") is not { } pod || pod.IsTerminating());

        Assert.True(DateTimeOffset.UtcNow >= until);
    }

    [Fact]
    public async Task A_pod_that_is_evicted_is_deleted_when_its_load_balancer_has_let_go_of_it()
    {
        var model = new ElbModel(TimeProvider.System);
        var api = new ElbQueryService(model);
        await using var aws = new LoopbackHttp(api.Answer);
        var group = model.AddGroup("k8s-rec-web", model.AddBalancer("web"));
        group.Set("10.0.1.7", "healthy");
        _pods.Variables["AWS_ENDPOINT_URL"] = aws.Address.ToString();
        _pods.Variables["AWS_REGION"] = model.Region;
        _pods.Variables["AWS_ACCESS_KEY_ID"] = ElbQueryService.AccessKey;
        _pods.Variables["AWS_SECRET_ACCESS_KEY"] = ElbQueryService.Secret;
        _pods.Cluster.Install(ApiKind.TargetGroupBinding);
        _pods.Cluster.Put($$"""
            {"kind": "TargetGroupBinding", "metadata": {"name": "web", "namespace": "rec"}, "spec": {"serviceRef": {"name": "web", "port": 80}, "targetGroupARN": "{{group.Arn}}", "targetType": "ip"} }
            """);
        var replica = await _pods.StartAsync("--mode", "intercept", "--drain", "10m", "--elb", "--settle", "1s", "--interval", "1s", "--expose", "load-balancer");
        _pods.PutPod("web-1");
        _pods.Cluster.Change(ApiKind.Pod, ControllerPods.Namespace, "web-1", pod => pod.Child("status")["podIPs"] = JsonNode.Parse("""[{"ip": "10.0.1.7"}]"""));

        Assert.Equal(429, (await _pods.EvictAsync("web-1")).Status);
        var until = DateTimeOffset.Parse(_pods.Pod("web-1")!.At("metadata", "annotations").Text("prestop/drain-until")!, CultureInfo.InvariantCulture);
        while (!api.Calls.Contains("DescribeTargetHealth"))
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.False(_pods.Pod("web-1")!.IsTerminating());
        group.Set("10.0.1.7", "draining", "Target.DeregistrationInProgress");
        await _pods.UntilAsync(() => _pods.Pod("web-1")!.IsTerminating());

        Assert.True(DateTimeOffset.UtcNow < until);
        await replica.Process.WaitForLineAsync("drained; deleted, as nobody came for it");
        await replica.Process.WaitForLineAsync("load balancers have let go of it: 10.0.1.7:8080 in k8s-rec-web: draining (Target.DeregistrationInProgress), left ");
        var metrics = (await replica.GetAsync("metrics")).Body;
        Assert.Contains("prestopd_controller_drains_total{ending=\"evidence\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("prestopd_controller_aws_calls_total{action=\"DescribeTargetGroups\",result=\"ok\"} ", metrics, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_replica_that_is_killed_loses_no_drain_and_cuts_none_short(int seed)
    {
        var random = new Random(seed);
        await _pods.StartAsync("--mode", "intercept", "--drain", "3s");
        await _pods.StartAsync("--mode", "intercept", "--drain", "3s");
        string[] names = [.. Enumerable.Range(1, 20).Select(number => $"web-{number}")];
        var ends = new Dictionary<string, DateTimeOffset>();
        _pods.Cluster.Store.Changed += () =>
        {
            foreach (var pod in _pods.Cluster.Store.All(ApiKind.Pod).Where(pod => pod.IsTerminating()))
            {
                lock (ends)
                {
                    ends.TryAdd(pod.Name(), DateTimeOffset.UtcNow);
                }
            }
        };

        foreach (var name in names)
        {
            _pods.PutPod(name);
        }

        var evicting = Task.WhenAll(names.Select(async name =>
        {
            await Task.Delay(random.Next(1500), TestContext.Current.CancellationToken);

            // A call that was cut off lets the pod go: that is failurePolicy Ignore, and nobody drains it.
            return (name, (await _pods.EvictAsync(name)).Status);
        }));
        await Task.Delay(random.Next(4000), TestContext.Current.CancellationToken);
        await _pods.KillAsync(_pods.Replicas[random.Next(2)]);
        string[] drained = [.. (await evicting).Where(each => each.Status == 429).Select(each => each.name)];
        await _pods.UntilAsync(() => drained.All(name => _pods.Pod(name)!.IsTerminating()));

        Assert.True(drained.Length >= names.Length - 3, "more calls were cut off than could be on the way");
        Assert.All(drained, name =>
        {
            var until = DateTimeOffset.Parse(_pods.Pod(name)!.At("metadata", "annotations").Text("prestop/drain-until")!, CultureInfo.InvariantCulture);
            Assert.True(ends[name] >= until, $"{name} ended at {ends[name]:O}, before {until:O}");
        });
    }

    [Fact]
    public async Task Replicas_that_start_at_once_share_a_certificate_that_the_API_server_trusts()
    {
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => _pods.StartAsync("--mode", "intercept")));

        var secret = Assert.Single(_pods.Cluster.Store.All(ApiKind.Secret, "prestop"));
        foreach (var kind in (ApiKind[])[ApiKind.MutatingWebhooks, ApiKind.ValidatingWebhooks])
        {
            Assert.All(
                _pods.Cluster.Store.Find(kind, "", "prestop").Items("webhooks"),
                webhook => Assert.Equal(secret.At("data").Text("ca.crt"), webhook.At("clientConfig").Text("caBundle")));
        }

        _pods.PutPod("web-1");
        for (var call = 0; call < 6; call++)
        {
            await _pods.EvictAsync("web-1");
        }

        Assert.All(_pods.Reviews, review => Assert.NotNull(review.Response));
    }

    [Fact]
    public async Task A_certificate_is_renewed_without_a_failed_call()
    {
        await _pods.StartAsync("--mode", "intercept");
        await _pods.StartAsync("--mode", "intercept");
        _pods.PutPod("web-1");
        await _pods.EvictAsync("web-1");
        var first = Chain();

        // One that is in the last third of its five days.
        using var authority = CertificateMaker.Authority("due");
        using var due = CertificateMaker.Issue(authority, "prestop-controller.prestop.svc", [], DateTimeOffset.UtcNow.AddDays(1));
        _pods.Cluster.Change(ApiKind.Secret, "prestop", "prestop-controller-tls", secret =>
        {
            var data = secret["data"]!;
            var trusted = Encoding.UTF8.GetString(Convert.FromBase64String((string)data["ca.crt"]!));
            data["tls.crt"] = Base64(due.ExportCertificatePem());
            data["tls.key"] = Base64(due.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
            data["ca.crt"] = Base64($"{trusted}{authority.ExportCertificatePem()}\n");
        });
        var renewed = Task.WhenAll(_pods.Replicas.Select(replica => replica.Process.WaitUntilAsync(
            child => child.Stderr.Lines.Count(line => line.Contains("shows a certificate", StringComparison.Ordinal)) == 2, "the new certificate is shown")));
        while (!renewed.IsCompleted)
        {
            await _pods.EvictAsync("web-1");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        await renewed;
        Assert.NotEqual(first, Chain());
        Assert.All(_pods.Reviews, review => Assert.NotNull(review.Response));

        static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

        string? Chain() => _pods.Cluster.Store.Find(ApiKind.Secret, "prestop", "prestop-controller-tls")!.At("data").Text("tls.crt");
    }

    [Fact]
    public async Task Whether_the_API_server_reaches_it_is_verified_and_told_and_nothing_waits_for_it()
    {
        var replica = await _pods.StartApartAsync();
        await replica.Process.WaitForLineAsync("the API server does not reach the mutating webhooks of prestop yet: ");
        Assert.Contains("service \"prestop-controller\" not found", replica.Process.Stderr.Text, StringComparison.Ordinal);
        Assert.Contains("prestopd_controller_webhook_verified{webhook=\"mutating\"} 0\n", (await replica.GetAsync("metrics")).Body, StringComparison.Ordinal);

        _pods.Publish();

        foreach (var webhook in (string[])["mutating", "validating"])
        {
            await replica.Process.WaitForLineAsync($"the API server reaches the {webhook} webhooks of prestop");
            Assert.Contains($"prestopd_controller_webhook_verified{{webhook=\"{webhook}\"}} 1\n", (await replica.GetAsync("metrics")).Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Its_metrics_are_there_over_IPv6_too_and_it_ends_with_exit_code_0()
    {
        var replica = await _pods.StartAsync();

        var (status, metrics) = await replica.GetAsync("metrics", "[::1]");
        await replica.Process.SignalAsync(Signal.Terminate);

        Assert.Equal(200, status);
        Assert.Contains("\nprestopd_controller_rulings_total{reason=\"drain_started\"} 0\n", metrics, StringComparison.Ordinal);
        await replica.Process.ExitsWithAsync(0);
    }

    [Fact]
    public async Task What_is_no_review_gets_400_and_the_server_goes_on()
    {
        var replica = await _pods.StartAsync();

        Assert.Equal((400, "the body is not JSON that can be read\n"), await replica.PostAsync("validate/pods", "{"));
        Assert.Equal(404, (await replica.GetAsync("other")).Status);
        Assert.Equal((200, "ok\n"), await replica.GetAsync("healthz"));
    }

    [Fact]
    public async Task SIGTERM_makes_it_unready_first_and_it_answers_until_it_ends()
    {
        var replica = await _pods.StartAsync("--mode", "intercept");
        _pods.PutPod("web-1");

        await replica.Process.SignalAsync(Signal.Terminate);
        await replica.Process.WaitForLineAsync("not ready any more");

        Assert.Equal(503, (await replica.GetAsync("readyz")).Status);
        Assert.Equal(429, (await _pods.EvictAsync("web-1")).Status);
        await replica.Process.ExitsWithAsync(0);
        Assert.Equal("true", _pods.Pod("web-1")!.Labels().Text("prestop/draining"));
    }

    [Fact]
    public async Task Without_a_way_to_the_API_server_it_says_what_is_missing()
    {
        await using var controller = new EmptyRoot { Offline = true }.Run("prestopd", "controller", "--delivery", "native-sleep");

        await controller.ExitsWithAsync(2);
        Assert.Contains("prestopd controller: ", controller.Stderr.Text, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _pods.DisposeAsync();
}
