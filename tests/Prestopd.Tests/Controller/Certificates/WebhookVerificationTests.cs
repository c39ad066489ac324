using System.Net;
using System.Net.Security;
using System.Text;
using System.Text.Json.Nodes;
using Prestop.Kubeconfig;
using Prestop.Testing;
using Prestop.Testing.Cluster;
using Prestopd.Controller.Certificates;
using Xunit;

namespace Prestopd.Tests.Controller.Certificates;

/// <summary>The webhooks and rights of <c>deploy/controller</c>, an API server that calls them over TLS, and what one replica finds out about it.</summary>
public sealed class WebhookVerificationTests : IAsyncDisposable
{
    private const string Host = "prestop-controller.prestop.svc";

    /// <summary>TLS goes by the system's clock where it does not ask.</summary>
    private readonly FakeClock _clock = new(DateTimeOffset.UtcNow);

    private readonly LoopbackCluster _cluster;
    private readonly ControllerRig _rig;
    private readonly ClusterHandler _handler;
    private readonly LoopbackHttp _server;
    private readonly TemporaryFolder _folder = new();
    private readonly TaskCompletionSource _called = new();
    private ServingCertificate _certificate;
    private WebhookVerification _verification;
    private bool _hangs;

    public WebhookVerificationTests()
    {
        _cluster = new LoopbackCluster(_clock);
        _cluster.Put("""{"kind": "Namespace", "metadata": {"name": "prestop"} }""");
        foreach (var configuration in Manifest("webhooks.yaml"))
        {
            _cluster.Put(configuration.ToJsonString());
        }

        _handler = new ClusterHandler(_cluster, ApiUser.ServiceAccount("prestop", "prestop-controller") with
        {
            Grants = [.. Manifest("rbac.yaml").Where(role => role.At("rules") is not null).Select(role => new Grant(role.Text("metadata", "namespace"), role.At("rules")!.AsArray()))],
        });
        _rig = new ControllerRig(_clock, _handler);
        _certificate = new ServingCertificate(
            new CertificateSecret(_rig.Api, "prestop", "prestop-controller-tls", "prestop-controller", new TrustBundle(_rig.Api, "prestop"), _clock), _rig.Log, _clock);
        _verification = NewVerification();
        _server = new LoopbackHttp(AnswerAsync, tls: new SslServerAuthenticationOptions { ServerCertificateSelectionCallback = (_, _) => _certificate.Context.TargetCertificate });
    }

    [Fact]
    public async Task A_webhook_that_is_reached_with_the_bundle_is_verified_and_nothing_else_comes_of_it()
    {
        Publish();
        await LookAsync();

        await VerifyAsync();

        Assert.Equal([("mutating", true), ("validating", true)], Results);
        Assert.Empty(_cluster.Store.All(ApiKind.Pod));
        Assert.Equal(
            [("prestop-verify-mutating", true), ("prestop-verify-validating", true)],
            _cluster.Admission.Reviews.Select(review => (review.Request.Text("name")!, review.Request.IsTrue("dryRun"))));
        Assert.Contains("the API server reaches the validating webhooks of prestop", (await _rig.LoggedAsync())[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Before_there_is_a_certificate_nothing_is_tried()
    {
        Publish();

        await VerifyAsync();

        Assert.Equal([("mutating", false), ("validating", false)], Results);
        Assert.Empty(_cluster.Admission.Reviews);
    }

    [Fact]
    public async Task It_is_tried_again_in_5_s_until_it_succeeds_then_once_a_minute_and_when_the_certificate_changes()
    {
        await LookAsync();
        await VerifyAsync();
        await VerifyAsync();
        Assert.Equal(4, Tries);

        Publish();
        await VerifyAsync();
        await VerifyAsync();
        Assert.Equal(6, Tries);

        _clock.Advance(WebhookVerification.Period);
        await VerifyAsync();
        Assert.Equal(8, Tries);

        Spoil("validating", client => client["caBundle"] = "");
        await LookAsync();
        await VerifyAsync();
        Assert.Equal(10, Tries);
        Assert.Equal([("mutating", true), ("validating", true)], Results);
    }

    [Theory]
    [InlineData("another authority", "x509: certificate signed by unknown authority")]
    [InlineData("no bundle", "x509: certificate signed by unknown authority")]
    [InlineData("no certificate in it", "unable to load root certificates")]
    [InlineData("another Service", "service \"prestop-webhook\" not found")]
    [InlineData("another Service's host", "x509: certificate is valid for prestop-controller.prestop.svc")]
    [InlineData("another path", "has prevented the request from succeeding")]
    [InlineData("nobody there", "connect: connection refused")]
    [InlineData("a clock that is ahead", "x509: certificate has expired or is not yet valid")]
    [InlineData("no right", "cannot create resource \"pods/eviction\" in API group \"\" in the namespace \"prestop\"")]
    [InlineData("no such webhook", "none in the mutating webhook configuration prestop asks for this")]
    public async Task What_is_wrong_is_told_in_the_API_servers_words(string wrong, string words)
    {
        Publish();
        await LookAsync();
        using var stranger = CertificateMaker.Authority("prestop");
        switch (wrong)
        {
            case "another authority":
                Spoil("mutating", client => client["caBundle"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(stranger.ExportCertificatePem())));
                break;
            case "no bundle":
                Spoil("mutating", client => client.Remove("caBundle"));
                break;
            case "no certificate in it":
                Spoil("mutating", client => client["caBundle"] = Convert.ToBase64String("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"u8));
                break;
            case "another Service":
                Spoil("mutating", client => client["service"]!["name"] = "prestop-webhook");
                break;
            case "another Service's host":
                _cluster.Backends["prestop-webhook.prestop.svc"] = _cluster.Backends[Host];
                Spoil("mutating", client => client["service"]!["name"] = "prestop-webhook");
                break;
            case "another path":
                Spoil("mutating", client => client["service"]!["path"] = "/mutate");
                break;
            case "nobody there":
                _cluster.Backends[Host] = [new IPEndPoint(IPAddress.Loopback, 1)];
                break;
            case "a clock that is ahead":
                _clock.Advance(ServingMaterial.Lifetime + TimeSpan.FromDays(1));
                break;
            case "no right":
                _handler.Before = request => request.RequestUri!.AbsolutePath.EndsWith("/eviction", StringComparison.Ordinal)
                    ? ClusterHandler.Refusal(403, "pods \"prestop-verify-mutating\" is forbidden: User \"x\" cannot create resource \"pods/eviction\" in API group \"\" in the namespace \"prestop\"") : null;
                break;
            case "no such webhook":
                _cluster.Change(ApiKind.MutatingWebhooks, "", "prestop", configuration => configuration["webhooks"]!.AsArray().RemoveAt(1));
                break;
        }

        _clock.Advance(WebhookVerification.StartTime);
        await VerifyAsync();

        Assert.Equal(("mutating", false), Results.First());
        Assert.Contains(await _rig.LoggedAsync(), line => line.Contains("the mutating webhooks of prestop are not verified: ", StringComparison.Ordinal) && line.Contains(words, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_webhook_that_does_not_answer_in_time_is_not_reached()
    {
        Publish();
        await LookAsync();
        _hangs = true;

        var verifying = VerifyAsync();
        await _called.Task;
        _hangs = false;
        _clock.Advance(5);
        await verifying;

        Assert.Equal([("mutating", false), ("validating", true)], Results);
        Assert.Contains(await _rig.LoggedAsync(), line => line.Contains("context deadline exceeded", StringComparison.Ordinal));
    }

    /// <summary>The API server names the uid of the call also where it refuses a pod of another uid.</summary>
    [Fact]
    public async Task A_pod_of_that_name_is_neither_evicted_nor_taken_for_an_answer()
    {
        Publish();
        await LookAsync();
        _cluster.Put("""{"kind": "Pod", "metadata": {"name": "prestop-verify-mutating", "namespace": "prestop"}, "spec": {"nodeName": "node-1"}, "status": {"phase": "Running"} }""");
        _cluster.Change(ApiKind.MutatingWebhooks, "", "prestop", configuration => configuration["webhooks"]!.AsArray().RemoveAt(1));

        await VerifyAsync();

        Assert.Equal([("mutating", false), ("validating", true)], Results);
        Assert.False(_cluster.Store.Find(ApiKind.Pod, "prestop", "prestop-verify-mutating")!.IsTerminating());
    }

    [Fact]
    public async Task Nobody_else_is_asked_about()
    {
        Publish();
        await LookAsync();
        Spoil("mutating", client => client["caBundle"] = "");
        Spoil("validating", client => client["caBundle"] = "");

        foreach (var pod in (string[])["prestop-verify-mutating", "other"])
        {
            Assert.Equal(404, (await _cluster.EvictPodAsync("prestop", pod)).Status);
            Assert.Equal(404, (await _cluster.EvictPodAsync("rec", pod)).Status);
        }
    }

    [Fact]
    public async Task A_problem_is_told_once_as_a_warning_only_after_the_start_and_its_end_is_told()
    {
        await LookAsync();
        for (var each = 0; each < 3; each++)
        {
            await VerifyAsync();
        }

        _clock.Advance(WebhookVerification.StartTime);
        await VerifyAsync();
        await VerifyAsync();
        Publish();
        await VerifyAsync();

        Assert.Equal(
            ["info does not reach the mutating webhooks", "warning the mutating webhooks of prestop are not verified", "info reaches the mutating webhooks"],
            (await _rig.LoggedAsync()).Where(line => line.Contains("mutating", StringComparison.Ordinal)).Select(line =>
                line.Contains("are not verified", StringComparison.Ordinal) ? $"{Level(line)} the mutating webhooks of prestop are not verified"
                : line.Contains("does not reach", StringComparison.Ordinal) ? $"{Level(line)} does not reach the mutating webhooks"
                : $"{Level(line)} reaches the mutating webhooks"));

        static string Level(string line) => line.Contains("warning", StringComparison.OrdinalIgnoreCase) ? "warning" : "info";
    }

    [Fact]
    public async Task A_rotation_is_verified_with_the_old_certificate_and_with_the_new_one()
    {
        Publish();
        await LookAsync();
        await VerifyAsync();
        var old = _certificate.Context.TargetCertificate.Thumbprint;
        _clock.Advance(TimeSpan.FromDays(61));

        for (var look = 0; look < 2; look++)
        {
            await LookAsync();
            await VerifyAsync();
            Assert.Equal([("mutating", true), ("validating", true)], Results);
        }

        Assert.NotEqual(old, _certificate.Context.TargetCertificate.Thumbprint);
        Assert.Equal(6, Tries);
    }

    [Fact]
    public async Task A_certificate_of_somebody_else_is_verified_as_well_and_no_bundle_is_touched()
    {
        Publish();
        var made = ServingMaterial.Make(Host, null, _clock.GetUtcNow());
        _folder.Write("tls.crt", made.Chain);
        _folder.Write("tls.key", made.Key);
        _certificate = new ServingCertificate(new CertificateFolder(_folder.Path), _rig.Log, _clock);
        _verification = NewVerification();
        await LookAsync();

        await VerifyAsync();
        Assert.Equal([("mutating", false), ("validating", false)], Results);

        // As cert-manager's injector does.
        foreach (var kind in (string[])["mutating", "validating"])
        {
            Spoil(kind, client => client["caBundle"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(made.Authorities)));
        }

        await VerifyAsync();
        Assert.Equal([("mutating", true), ("validating", true)], Results);
        Assert.All(_handler.Sent, request => Assert.StartsWith("POST /api/v1/namespaces/prestop/pods/prestop-verify-", request, StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _rig.DisposeAsync();
        await _cluster.DisposeAsync();
        _folder.Dispose();
    }

    private IEnumerable<(string, bool)> Results => _verification.Webhooks.Select(webhook => (webhook.Kind, webhook.IsVerified));

    private int Tries => _handler.Sent.Count(request => request.EndsWith("/eviction", StringComparison.Ordinal));

    private Task LookAsync() => _certificate.LookAsync(TestContext.Current.CancellationToken);

    private Task VerifyAsync() => _verification.LookAsync(TestContext.Current.CancellationToken);

    private WebhookVerification NewVerification() => new(_rig.Api, "prestop", "prestop", _certificate, _rig.Log, _clock);

    private void Publish() => _cluster.Backends[Host] = [new IPEndPoint(IPAddress.Loopback, _server.Port)];

    /// <summary>Changes how all webhooks of a configuration are called.</summary>
    private void Spoil(string kind, Action<JsonObject> change) => _cluster.Change(kind == "mutating" ? ApiKind.MutatingWebhooks : ApiKind.ValidatingWebhooks, "", "prestop", configuration =>
    {
        foreach (var webhook in configuration["webhooks"]!.AsArray())
        {
            change(webhook!["clientConfig"]!.AsObject());
        }
    });

    private async Task<HttpReply> AnswerAsync(HttpCall call, CancellationToken cancellation)
    {
        if (_hangs)
        {
            _called.TrySetResult();
            return new HttpReply(200, "") { Hangs = true };
        }

        var answer = await _rig.AnswerAsync(call.Method, call.Path, call.Body);
        return new HttpReply(answer.Status, Encoding.UTF8.GetString(answer.Body.Span));
    }

    private static IEnumerable<JsonNode> Manifest(string file) => YamlDocuments.Read(File.ReadAllText(Repository.PathTo("deploy", "controller", file)), out _)!;
}
