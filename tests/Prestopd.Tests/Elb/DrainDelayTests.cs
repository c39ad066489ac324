using System.Text.Json;
using Prestop.Elb.Client;
using Prestop.Elb.Discovery;
using Prestopd.Hosting;
using Xunit;

namespace Prestopd.Tests.Elb;

/// <summary>What <c>/drain-delay</c> answers, and when. An answer of AWS takes 20 ms, looks are 5 s apart.</summary>
public sealed class DrainDelayTests
{
    private const string Web = "ip=10.0.1.7&namespace=shop&ingress=web";
    private const string Net = "ip=10.0.1.7&namespace=shop&service=net";

    [Fact]
    public void It_is_200_Success_once_the_pod_has_drained_for_as_long_as_the_balancer_needs()
    {
        using var rig = new ElbRig();
        rig.At(7, () => rig.Web.Set(ElbRig.Pod, "draining"));

        var answer = rig.Ask(Web);

        Assert.Equal((200, HttpResponse.PlainText, "Success"), (answer.Status, answer.ContentType, answer.Body));
        Assert.InRange(answer.Seconds, 27, 27 + 11.2);
    }

    [Fact]
    public void Who_accepts_JSON_is_told_what_was_seen()
    {
        using var rig = new ElbRig();
        rig.Web.Set(ElbRig.Pod, "unused", "Target.NotInUse");

        var answer = rig.Ask(Web + "&max-wait=30", "text/html, application/json;q=0.9");

        Assert.Equal((200, "application/json"), (answer.Status, answer.ContentType));
        using var json = JsonDocument.Parse(answer.Body);
        Assert.Equal(["outcome", "message", "seconds", "warnings"], json.RootElement.EnumerateObject().Select(member => member.Name));
        Assert.Equal("drained", json.RootElement.GetProperty("outcome").GetString());
        Assert.Equal("10.0.1.7:8080 in k8s-web: unused (Target.NotInUse)", json.RootElement.GetProperty("message").GetString());
        Assert.Equal(answer.Seconds, json.RootElement.GetProperty("seconds").GetDouble(), 3);
        Assert.Equal(["'max-wait' is taken for max-delay: write that"], json.RootElement.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString()));
    }

    [Theory]
    [InlineData("ip=x&namespace=shop&ingress=web", 400, "ip 'x': not an IP address; give the pod's (status.podIP), such as 10.0.1.7\n")]
    [InlineData("ip=x&ingress=web", 400, "ip 'x': not an IP address; give the pod's (status.podIP), such as 10.0.1.7\nnamespace is missing: give the pod's namespace (metadata.namespace)\n")]
    [InlineData("ip=10.0.1.7&namespace=shop&ingress=wep", 404, "there is no ingress/wep in shop\n")]
    [InlineData("ip=10.0.1.7&target-group=k8s-none", 404, "there is no target group 'k8s-none' in this account and region\n")]
    [InlineData(Web + "&max-delay=30", 504, "10.0.1.7:8080 in k8s-web: healthy\n")]
    [InlineData(Web + "&max-wait=30", 504, "10.0.1.7:8080 in k8s-web: healthy\nwarning: 'max-wait' is taken for max-delay: write that\n")]
    public void Its_status_and_its_words_say_what_is_wrong(string query, int status, string body)
    {
        using var rig = new ElbRig();

        var answer = rig.Ask(query);

        Assert.Equal((status, body), (answer.Status, answer.Body));
    }

    [Theory]
    [InlineData(ElbFault.Denied, "IAM does not allow DescribeTargetHealth")]
    [InlineData(ElbFault.Credentials, "no AWS credentials")]
    public void What_AWS_will_never_tell_is_502(ElbFault fault, string message)
    {
        using var rig = new ElbRig();
        rig.Api.Fault = call => call == rig.Web.Arn ? new ElbError(fault, "DescribeTargetHealth", message) : null;

        var answer = rig.Ask(Web);

        Assert.Equal((502, message + "\n"), (answer.Status, answer.Body));
        Assert.InRange(answer.Seconds, 0, 1);
    }

    [Fact]
    public void What_the_API_server_will_never_tell_is_502()
    {
        using var rig = new ElbRig();
        rig.Cluster.Fault = new ClusterError(ClusterFault.Refused, "the API server answers 403 to get ingresses.networking.k8s.io in namespace shop");

        var answer = rig.Ask(Web);

        Assert.Equal((502, "the API server answers 403 to get ingresses.networking.k8s.io in namespace shop\n"), (answer.Status, answer.Body));
    }

    [Fact]
    public void What_may_pass_is_waited_for_until_the_deadline()
    {
        using var rig = new ElbRig();
        rig.Api.Fault = _ => new ElbError(ElbFault.Throttled, "DescribeTargetHealth", "AWS throttles DescribeLoadBalancers");

        var answer = rig.Ask(Web + "&max-delay=20");

        Assert.Equal((504, "AWS throttles DescribeLoadBalancers\n"), (answer.Status, answer.Body));
        Assert.Equal(20, answer.Seconds, 1);
    }

    [Fact]
    public async Task A_max_delay_that_a_network_load_balancer_cannot_keep_is_warned_of_at_once_and_in_the_answer()
    {
        const string Warning = "max-delay 1m is not above the 2m that a target settles for in k8s-net: write max-delay=180, and a grace period above it";
        using var rig = new ElbRig();
        rig.At(1, () => rig.Net.Set(ElbRig.Pod, "draining"));

        var answer = rig.Ask(Net);

        Assert.Equal(504, answer.Status);
        Assert.EndsWith($"\nwarning: {Warning}\n", answer.Body, StringComparison.Ordinal);
        var log = await rig.LogAsync();
        Assert.Equal($"warning: 10.0.1.7: {Warning}", log[2]);

        rig.Net.Set(ElbRig.Pod, "healthy");
        rig.At(rig.Clock.Now.TotalSeconds + 1, () => rig.Net.Set(ElbRig.Pod, "draining"));
        Assert.Equal(200, rig.Ask(Net + "&max-delay=180").Status);
    }

    [Fact]
    public async Task The_log_tells_the_course_of_a_wait()
    {
        using var rig = new ElbRig();
        rig.At(7, () => rig.Web.Set(ElbRig.Pod, "unused", "Target.NotInUse"));

        rig.Ask(Web + "&namespaace=shop");

        Assert.Collection(
            await rig.LogAsync(),
            line => Assert.Equal("10.0.1.7: waits on ingress/web in shop, at most 1m, for 10.0.9.9:4711", line),
            line => Assert.Equal("warning: 10.0.1.7: 'namespaace' is taken for namespace: write that", line),
            line => Assert.Equal("10.0.1.7: is looked for in k8s-web", line),
            line => Assert.Equal("10.0.1.7: 10.0.1.7:8080 in k8s-web: healthy", line),
            line => Assert.Equal("10.0.1.7: 10.0.1.7:8080 in k8s-web: unused (Target.NotInUse)", line),
            line => Assert.Matches(@"^10\.0\.1\.7: 200 drained after \d+\.\ds: 10\.0\.1\.7:8080 in k8s-web: unused \(Target\.NotInUse\)$", line));
    }

    [Fact]
    public void A_caller_that_hangs_up_ends_its_wait_and_the_looks()
    {
        using var rig = new ElbRig();
        using var caller = new CancellationTokenSource(TimeSpan.FromSeconds(12), rig.Clock);

        var answer = rig.Ask(Web + "&max-delay=600", aborted: caller.Token);

        Assert.Equal(12, answer.Seconds, 3);
        Assert.Equal(0, rig.Places.Taken);
        Assert.Contains("prestopd_elb_waits_total{outcome=\"hung_up\"} 1", MetricsOf(rig), StringComparison.Ordinal);
        var looks = rig.Api.LooksAt(rig.Web).Count();
        rig.Clock.Run(() => Later(rig, 60));
        Assert.Equal(looks, rig.Api.LooksAt(rig.Web).Count());
    }

    [Fact]
    public void Waits_beyond_the_limit_are_503_and_may_ask_again()
    {
        using var rig = new ElbRig(maxWaits: 2);

        var answers = rig.Clock.Run(() => Task.WhenAll(Enumerable.Range(0, 3).Select(_ => rig.AskAsync(Web + "&max-delay=10"))));

        Assert.Equal([504, 504, 503], answers.Select(answer => answer.Status));
        Assert.Equal((1, "2 wait already, as many as --max-waits allows; ask again\n"), (answers[2].RetryAfter, answers[2].Body));
    }

    [Fact]
    public void After_SIGTERM_new_waits_are_503_and_held_ones_finish()
    {
        using var rig = new ElbRig();
        rig.At(3, () => rig.Shutdown.Signal("terminated"));
        rig.At(20, () => rig.Web.Set(ElbRig.Pod, "unused", "Target.NotInUse"));

        var (late, held, released) = rig.Clock.Run(async () =>
        {
            var held = rig.AskAsync(Web);
            await Later(rig, 4);
            return (await rig.AskAsync(Web), await held, rig.Shutdown.Released.IsCompleted);
        });

        Assert.Equal((503, 1, "this replica ends; ask again\n"), (late.Status, late.RetryAfter, late.Body));
        Assert.Equal(200, held.Status);
        Assert.True(released);
        Assert.False(rig.Shutdown.IsReady);
    }

    [Fact]
    public void What_is_held_when_the_grace_period_ends_is_503()
    {
        using var rig = new ElbRig(longestShutdown: 30);
        rig.At(3, () => rig.Shutdown.Signal("terminated"));

        var answer = rig.Ask(Web + "&max-delay=600", "application/json");

        Assert.Equal((503, 1), (answer.Status, answer.RetryAfter));
        Assert.StartsWith("{\"outcome\":\"stopping\",", answer.Body, StringComparison.Ordinal);
        Assert.Equal(33, answer.Seconds, 3);
    }

    [Fact]
    public void Metrics_count_waits_calls_and_throttles()
    {
        using var rig = new ElbRig();
        rig.Metrics.Aws.Called("DescribeTargetHealth", null);
        rig.Metrics.Aws.Called("DescribeTargetHealth", null);
        rig.Metrics.Aws.Called("DescribeTargetHealth", ElbFault.Throttled);

        rig.Ask(Web + "&max-delay=30");
        rig.Ask("");

        var metrics = MetricsOf(rig);
        Assert.All(
            new[]
            {
                "prestopd_elb_waits_total{outcome=\"deadline\"} 1",
                "prestopd_elb_wait_seconds_total{outcome=\"deadline\"} 30",
                "prestopd_elb_waits_total{outcome=\"bad_request\"} 1",
                "prestopd_elb_waits_total{outcome=\"drained\"} 0",
                "prestopd_elb_aws_calls_total{action=\"DescribeTargetHealth\",result=\"ok\"} 2",
                "prestopd_elb_aws_calls_total{action=\"DescribeTargetHealth\",result=\"throttled\"} 1",
                "prestopd_elb_waits 3",
                "prestopd_elb_target_groups 2",
                "prestopd_elb_list_age_seconds 1.5",
            },
            line => Assert.Contains(line, metrics.Split('\n')));
    }

    private static string MetricsOf(ElbRig rig)
    {
        var text = new MetricsText();
        rig.Metrics.AddTo(text, held: 3, groups: 2, TimeSpan.FromSeconds(1.5));
        return System.Text.Encoding.UTF8.GetString(text.Response().Body.Span);
    }

    private static async Task<int> Later(ElbRig rig, double seconds)
    {
        await Task.Delay(TimeSpan.FromSeconds(seconds), rig.Clock);
        return 0;
    }
}
