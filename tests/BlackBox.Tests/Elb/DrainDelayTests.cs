using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Elb;

/// <summary>The service as its callers meet it, on the published program.</summary>
public sealed class DrainDelayTests
{
    private const string Web = "/drain-delay?ip=10.0.1.7&namespace=shop&ingress=web";

    [Fact]
    public async Task The_curl_line_of_the_originals_readme_waits_until_the_pod_is_out()
    {
        await using var pod = await ElbPod.StartAsync("--interval", "1s");

        var waiting = pod.CurlAsync("/drain-delay?max-delay=60&ip=10.0.1.7&namespace=shop&ingress=web");
        await pod.Service.WaitForLineAsync("10.0.1.7:8080 in k8s-shop-web: healthy");
        Assert.False(waiting.IsCompleted);
        pod.Web.Set(ElbPod.Ip, "unused", "Target.NotInUse");

        Assert.Equal((200, "Success"), await waiting);
    }

    [Fact]
    public async Task The_originals_script_works_with_its_misspelt_parameters()
    {
        await using var pod = await ElbPod.StartAsync("--interval", "1s");
        pod.Web.Set(ElbPod.Ip, "unused", "Target.NotInUse");

        await using var script = pod.OnHost(
            SystemProgram.Busybox,
            "sh",
            "-c",
            $$"""
            code=$({{SystemProgram.Curl}} -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:8080/drain-delay?max-wait=60&ip=10.0.1.7&namespaace=shop&ingress=web")
            [ "$code" -eq 200 ] || echo "falls back to its sleep: $code"
            """);

        await script.ExitsWithAsync(0);
        Assert.Empty(script.Stdout.Lines);
        await pod.Service.WaitForLineAsync("'max-wait' is taken for max-delay: write that");
        await pod.Service.WaitForLineAsync("'namespaace' is taken for namespace: write that");
    }

    [Fact]
    public async Task The_hook_of_the_example_ends_when_the_pod_is_out()
    {
        await using var pod = await ElbPod.StartAsync("--interval", "1s");
        var command = Manifests.Of("examples/aws-alb/app.yaml").Select(manifest => manifest.At("spec", "template", "spec", "containers")).First(containers => containers is not null)!
            .Items[0].At("lifecycle", "preStop", "exec", "command")!.Items.Select(word => word.Text.Replace("prestop-elb.prestop", "127.0.0.1:8080", StringComparison.Ordinal)).ToArray();

        await using var hook = pod.Hook(new() { ["POD_IP"] = ElbPod.Ip, ["POD_NAMESPACE"] = "shop" }, command[1..]);
        await pod.Service.WaitForLineAsync("10.0.1.7:8080 in k8s-shop-web: healthy");
        pod.Web.Set(ElbPod.Ip, "unused", "Target.NotInUse");

        await hook.ExitsWithAsync(0);
        Assert.Equal("prestop", command[0]);
    }

    [Theory]
    [InlineData("/drain-delay?namespace=shop&ingress=web", 400, "ip is missing: give the pod's address (status.podIP)\n")]
    [InlineData("/drain-delay?ip=10.0.1.7&namespace=shop&ingress=wep", 404, "there is no ingress/wep in shop\n")]
    [InlineData("/drain-delay/", 404, "not found; waits are at /drain-delay\n")]
    [InlineData("/health", 200, "ok\n")]
    [InlineData("/ready", 200, "ready\n")]
    public async Task An_answer_has_its_status_and_its_words(string path, int status, string body)
    {
        await using var pod = await ElbPod.StartAsync();

        Assert.Equal((status, body), await pod.CurlAsync(path));
    }

    [Fact]
    public async Task The_deadline_is_504_and_the_text_says_what_was_seen_last()
    {
        await using var pod = await ElbPod.StartAsync("--interval", "1s");

        Assert.Equal((504, "10.0.1.7:8080 in k8s-shop-web: healthy\n"), await pod.CurlAsync(Web + "&max-delay=5&settle=0"));
    }

    [Fact]
    public async Task What_AWS_refuses_is_502_and_names_the_action()
    {
        await using var pod = await ElbPod.StartAsync();
        pod.Api.Denied["DescribeTargetHealth"] = true;

        var (status, body) = await pod.CurlAsync(Web, "--header", "Accept: application/json");

        Assert.Equal(502, status);
        using var json = JsonDocument.Parse(body);
        Assert.Equal("aws_failed", json.RootElement.GetProperty("outcome").GetString());
        Assert.StartsWith(
            "IAM does not allow DescribeTargetHealth: add elasticloadbalancing:DescribeTargetHealth to the policy", json.RootElement.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_that_hangs_up_ends_its_wait()
    {
        await using var pod = await ElbPod.StartAsync();
        using (var caller = await pod.SendAsync(Web + "&max-delay=600"))
        {
            await pod.UntilMetricAsync("prestopd_elb_waits", 1);
        }

        await pod.UntilMetricAsync("prestopd_elb_waits", 0);
        await pod.UntilMetricAsync("prestopd_elb_waits_total{outcome=\"hung_up\"}", 1);
    }

    [Fact]
    public async Task After_SIGTERM_it_is_not_ready_takes_no_waits_and_ends_when_those_that_it_holds_have_ended()
    {
        await using var pod = await ElbPod.StartAsync("--interval", "1s", "--notice", "1s");
        using var held = await pod.SendAsync(Web);
        await pod.Service.WaitForLineAsync("10.0.1.7:8080 in k8s-shop-web: healthy");

        await pod.Service.SignalAsync(Signal.Terminate);
        await pod.Service.WaitForLineAsync("not ready any more, with 1 requests held");

        Assert.Equal((503, "not ready\n"), await pod.CurlAsync("/ready"));
        Assert.Equal(200, (await pod.CurlAsync("/health")).Status);
        var (status, head) = await pod.CurlAsync(Web, "--include");
        Assert.Equal(503, status);
        Assert.Contains("\r\nRetry-After: 1\r\n", head, StringComparison.Ordinal);
        pod.Web.Set(ElbPod.Ip, "unused", "Target.NotInUse");
        Assert.EndsWith("\r\n\r\nSuccess", await ReadToEndAsync(held), StringComparison.Ordinal);
        await pod.Service.ExitsWithAsync(0);
    }

    [Fact]
    public async Task A_wait_that_would_outlast_the_shutdown_is_503_and_the_exit_code_is_0()
    {
        await using var pod = await ElbPod.StartAsync("--notice", "0", "--shutdown", "1s");
        using var held = await pod.SendAsync(Web + "&max-delay=600");
        await pod.Service.WaitForLineAsync("10.0.1.7:8080 in k8s-shop-web: healthy");

        await pod.Service.SignalAsync(Signal.Terminate);

        Assert.StartsWith("HTTP/1.1 503 ", await ReadToEndAsync(held), StringComparison.Ordinal);
        await pod.Service.ExitsWithAsync(0);
    }

    [Fact]
    public async Task Many_waits_fit_the_memory_that_the_manifest_allows()
    {
        const int Waits = 1000;
        var container = Manifests.Of("deploy/elb/deployment.yaml")[0].At("spec", "template", "spec", "containers")!.Items[0];
        var limit = 1024L * 1024 * int.Parse(container.At("resources", "limits", "memory")!.Text.Replace("Mi", "", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture);
        await using var pod = await ElbPod.CreateAsync();

        // What .NET reads from the limit of a container: three quarters of it are the heap's.
        pod.Variables["DOTNET_GCHeapHardLimit"] = (limit * 3 / 4).ToString("x", System.Globalization.CultureInfo.InvariantCulture);
        await pod.StartServiceAsync("--interval", "1s");
        var waits = new List<Socket>();
        for (var i = 0; i < Waits; i++)
        {
            waits.Add(await pod.SendAsync($"{Web}&max-delay=600"));
        }

        await pod.UntilMetricAsync("prestopd_elb_waits", Waits);
        pod.Web.Set(ElbPod.Ip, "unused", "Target.NotInUse");
        foreach (var wait in waits)
        {
            Assert.EndsWith("\r\n\r\nSuccess", await ReadToEndAsync(wait), StringComparison.Ordinal);
            wait.Dispose();
        }

        Assert.InRange(await pod.Service.PeakMemoryAsync(), 1, limit);
    }

    [Theory]
    [InlineData("elb --interval 0", "prestopd elb: --interval '0': too short; write 1s or more")]
    [InlineData("elb --shutdown 1s", "prestopd elb: --shutdown '1s': too short; write 5s or more")]
    [InlineData("elb --aws-region Frankfurt", "prestopd elb: --aws-region is 'Frankfurt'; it must be the name of a region such as eu-central-1")]
    [InlineData("elb --kubeconfig /none", "prestopd elb: /none does not exist")]
    public async Task A_bad_option_is_one_line_and_exit_code_2(string words, string line)
    {
        await using var pod = await ElbPod.CreateAsync();
        pod.Variables["KUBECONFIG"] = "/kubeconfig";
        await using var service = pod.Program(asPid1: true, words.Split(' '));

        await service.ExitsWithAsync(2);

        Assert.Equal([line], service.Stderr.Lines);
    }

    private static async Task<string> ReadToEndAsync(Socket socket)
    {
        using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
