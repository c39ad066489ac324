using Prestop.Core.Options;
using Prestopd.Elb;
using Xunit;

namespace Prestopd.Tests.Elb;

/// <summary>From a query, or the options of <c>prestopd elb wait</c>, to what is waited for.</summary>
public sealed class WaitRequestTests
{
    private const string Good = "ip=10.0.1.7&namespace=shop&ingress=web";

    [Theory]
    [InlineData(Good, "ingress/web in shop 10.0.1.7 shop 60 -")]
    [InlineData("max-delay=90&ip=10.0.1.7&namespace=shop&service=web", "service/web in shop 10.0.1.7 shop 90 -")]
    [InlineData("max-delay=1m30s&ip=fd00:0::7&namespace=shop&gateway=web.example", "gateway/web.example in shop fd00::7 shop 90 -")]
    [InlineData("ip=::ffff:10.0.1.7&namespace=shop&targetgroupbinding=web&settle=0", "targetgroupbinding/web in shop 10.0.1.7 shop 60 0")]
    [InlineData("ip=10.0.1.7&target-group=k8s-web-1a2b&settle=1.5s", "target group k8s-web-1a2b 10.0.1.7 - 60 1.5")]
    [InlineData(
        "ip=10.0.1.7&target-group=arn%3Aaws%3Aelasticloadbalancing%3Aeu-central-1%3A1%3Atargetgroup%2Fx%2F1a&namespace=shop",
        "target group arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/x/1a 10.0.1.7 shop 60 -")]
    [InlineData("&&" + Good + "&max-delay=PT2M&", "ingress/web in shop 10.0.1.7 shop 120 -")]
    public void A_query_says_what_to_wait_for(string query, string expected)
    {
        var (request, problems, warnings) = Read(query);

        Assert.Empty(problems);
        Assert.Empty(warnings);
        Assert.Equal(
            expected,
            $"{request!.Drain.Source} {request.Drain.Addresses.Single()} {request.Drain.Namespace ?? "-"} {request.MaxDelay.TotalSeconds} {request.Drain.Settle?.TotalSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "-"}");
    }

    [Theory]
    [InlineData("namespace=shop&ingress=web", "ip is missing: give the pod's address (status.podIP)")]
    [InlineData("ip=&namespace=shop&ingress=web", "ip is empty: not an IP address; give the pod's (status.podIP), such as 10.0.1.7")]
    [InlineData("ip=10.0.1&namespace=shop&ingress=web", "ip '10.0.1': not an IP address; give the pod's (status.podIP), such as 10.0.1.7")]
    [InlineData("ip=$(POD_IP)&namespace=shop&ingress=web", "ip '$(POD_IP)': not an IP address; give the pod's (status.podIP), such as 10.0.1.7; what stands for a value was not replaced by it")]
    [InlineData("ip=127.0.0.1&namespace=shop&ingress=web", "ip '127.0.0.1': no pod's address; give the one of status.podIP")]
    [InlineData("ip=0.0.0.0&namespace=shop&ingress=web", "ip '0.0.0.0': no pod's address; give the one of status.podIP")]
    [InlineData("ip=10.0.1.7&ingress=web", "namespace is missing: give the pod's namespace (metadata.namespace)")]
    [InlineData("ip=10.0.1.7&namespace=<namespace>&ingress=web", "namespace '<namespace>': not a name as Kubernetes has them: lower-case letters, digits, '-' and '.'; what stands for a value was not replaced by it")]
    [InlineData("ip=10.0.1.7&namespace=..&ingress=web", "namespace '..': not a name as Kubernetes has them: it begins and ends with a letter or digit")]
    [InlineData("ip=10.0.1.7&namespace=shop", "nothing to wait on: give one of ingress, service, gateway, targetgroupbinding, target-group")]
    [InlineData(Good + "&service=web", "ingress and service exclude each other: give one of them")]
    [InlineData("ip=10.0.1.7&namespace=shop&ingress=a/b", "ingress 'a/b': not a name as Kubernetes has them: lower-case letters, digits, '-' and '.'")]
    [InlineData("ip=10.0.1.7&target-group=a%20b", "target-group 'a b': neither a target group's ARN nor its name")]
    [InlineData(Good + "&max-delay=1:30", "max-delay '1:30': not a duration; write 1m30s")]
    [InlineData(Good + "&max-delay=0", "max-delay '0': too short; write 1s or more")]
    [InlineData(Good + "&settle=1h", "settle '1h': too long; write 15m or less")]
    [InlineData(Good + "&ip=10.0.1.8", "ip is given twice, and not the same: give it once")]
    public void What_cannot_be_used_is_told_in_a_line(string query, string problem)
    {
        var (_, problems, _) = Read(query);

        Assert.Equal([problem], problems);
    }

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once() => Assert.Equal(4, Read("ip=x&namespace=X&max-delay=x").Problems.Count);

    [Theory]
    [InlineData("ip=10.0.1.7&namespaace=shop&ingress=web&max-wait=90", 90, "'namespaace' is taken for namespace: write that", "'max-wait' is taken for max-delay: write that")]
    [InlineData(Good + "&max-dealy=90", 60, "'max-dealy' is no parameter and does not count")]
    [InlineData(Good + "&max-delay=2h", 900, "max-delay '2h' counts as 15m, the most that this service allows (--max-delay-cap)")]
    [InlineData(Good + "&max-delay=inf", 900, "max-delay 'inf' counts as 15m, the most that this service allows (--max-delay-cap)")]
    [InlineData(Good + "&a&b&c&d&e&f", 60, "'a' is no parameter and does not count", "'b' is no parameter and does not count", "'c' is no parameter and does not count", "'d' is no parameter and does not count", "'e' is no parameter and does not count")]
    public void What_is_probably_not_meant_is_a_warning(string query, double maxDelay, params string[] expected)
    {
        var (request, problems, warnings) = Read(query);

        Assert.Empty(problems);
        Assert.Equal(maxDelay, request!.MaxDelay.TotalSeconds);
        Assert.Equal(expected, warnings);
    }

    [Fact]
    public void An_option_and_a_variable_say_the_same_as_a_query()
    {
        var options = new OptionReader(
            CommandLine.Read(["--ip", "10.0.1.7", "--service=web", "--max-delay", "2h"], ElbNames.WaitOptions), name => name == "PRESTOPD_NAMESPACE" ? "shop" : null);

        var reader = new WaitRequestReader(options.Text, options.Source, TimeSpan.MaxValue);

        Assert.Equal((7200, "shop"), (reader.Read()!.MaxDelay.TotalSeconds, reader.Read()!.Drain.Namespace));
    }

    [Fact]
    public void A_bad_option_is_told_by_its_own_name()
    {
        var options = new OptionReader(CommandLine.Read(["--ip", "x", "--service=web"], ElbNames.WaitOptions), name => name == "PRESTOPD_NAMESPACE" ? "X" : null);
        var reader = new WaitRequestReader(options.Text, options.Source, TimeSpan.MaxValue);

        Assert.Null(reader.Read());
        Assert.Collection(
            reader.Problems,
            problem => Assert.StartsWith("--ip 'x': ", problem, StringComparison.Ordinal),
            problem => Assert.StartsWith("PRESTOPD_NAMESPACE 'X': ", problem, StringComparison.Ordinal));
    }

    private static (WaitRequest? Request, IReadOnlyList<string> Problems, IReadOnlyList<string> Warnings) Read(string text)
    {
        var query = WaitQuery.Parse(text);
        var reader = new WaitRequestReader(query.Value, ElbNames.Parameters.InQuery, TimeSpan.FromMinutes(15));
        var request = reader.Read();
        return (request, [.. query.Problems, .. reader.Problems], [.. query.Warnings, .. reader.Warnings]);
    }
}
