using System.Text.Json.Nodes;
using Prestop.Elb.Client;
using Prestop.Testing;
using Xunit;

namespace Prestop.Elb.Tests.ElbService;

/// <summary>
/// What vouches for the service that all other tests believe: Debian's awscli, which knows the API from AWS's own service model, signs for real and understands what it is
/// told. And the client of this project over real connections.
/// </summary>
public sealed class AwsCliTests : IAsyncDisposable
{
    private readonly ElbModel _model = new(TimeProvider.System);
    private readonly ElbQueryService _service;
    private readonly LoopbackHttp _server;
    private readonly ModelGroup _group;

    public AwsCliTests()
    {
        _service = new ElbQueryService(_model);
        _server = new LoopbackHttp(_service.Answer, () => _service.Now);
        var balancer = _model.AddBalancer("k8s-shop-web", "network");
        _group = _model.AddGroup("k8s-shop-web-1", balancer);
        _model.AddGroup("k8s-shop-web-2", balancer, "alb");
        _model.AddGroup("k8s-shop-fn", null, "lambda");
        _group.Set("10.0.1.7", "healthy");
        _group.Set("10.0.1.8", "unhealthy", "Target.FailedHealthChecks", 9090);
        _group.Set("10.0.1.9", "draining", "Target.DeregistrationInProgress");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData(null)]
    [InlineData("a-session/token+with=signs")]
    public async Task It_understands_every_list_and_follows_the_pages(string? token)
    {
        _service.SessionToken = token;
        _service.LargestPage = 2;

        var balancer = (await AwsAsync(token, "describe-load-balancers"))["LoadBalancers"]![0]!;
        Assert.Equal(
            (_model.Balancers[0].Arn, _model.Balancers[0].DnsName, "network", "active"),
            ((string?)balancer["LoadBalancerArn"], (string?)balancer["DNSName"], (string?)balancer["Type"], (string?)balancer["State"]!["Code"]));

        var groups = (await AwsAsync(token, "describe-target-groups"))["TargetGroups"]!.AsArray();
        Assert.Equal(
            _model.Groups.Select(group => (group.Arn, group.TargetType, string.Join(' ', group.Balancers))),
            groups.Select(group => ((string)group!["TargetGroupArn"]!, (string)group["TargetType"]!, string.Join(' ', group["LoadBalancerArns"]!.AsArray().Select(arn => (string?)arn)))));

        var targets = (await AwsAsync(token, "describe-target-health", "--target-group-arn", _group.Arn))["TargetHealthDescriptions"]!.AsArray();
        Assert.Equal(
            _group.Targets,
            targets.Select(target => ((string)target!["Target"]!["Id"]!, (int)target["Target"]!["Port"]!, (string)target["TargetHealth"]!["State"]!, (string?)target["TargetHealth"]!["Reason"] ?? "")));
    }

    [Fact]
    public async Task It_understands_every_refusal()
    {
        _service.Denied["DescribeTargetHealth"] = true;
        var (denied, _) = await RunAsync(null, "describe-target-health", "--target-group-arn", _group.Arn);
        Assert.Contains("An error occurred (AccessDenied) when calling the DescribeTargetHealth operation", denied, StringComparison.Ordinal);
        Assert.Contains("is not authorized to perform: elasticloadbalancing:DescribeTargetHealth", denied, StringComparison.Ordinal);

        var (missing, _) = await RunAsync(null, "describe-target-groups", "--names", "none");
        Assert.Contains("(TargetGroupNotFound)", missing, StringComparison.Ordinal);

        _service.Skew = TimeSpan.FromHours(1);
        var (expired, _) = await RunAsync(null, "describe-load-balancers");
        Assert.Contains("Signature expired", expired, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_client_says_the_same_over_real_connections()
    {
        _service.AnswerOnce(ElbQueryService.Reset, new HttpReply(200, new string('x', 100_000)) { IsCut = true }, ElbQueryService.Hang, new HttpReply(503, ""));
        var rules = new ElbClientRules { AttemptTimeout = TimeSpan.FromMilliseconds(500), FirstPause = TimeSpan.FromMilliseconds(1), LongestPause = TimeSpan.FromMilliseconds(1) };
        var log = new CallLog();
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });
        var client = new ElbClient(new FixedAccess(_server.Address), http, new CallBudget(100, 100, TimeProvider.System), rules, log, TimeProvider.System, Random.Shared);

        var health = await client.DescribeTargetHealthAsync(_group.Arn, TestContext.Current.CancellationToken);

        Assert.Equal(_group.Targets.Select(target => (target.Id, target.Port, target.Reason)), health.Value!.Select(target => (target.Id, target.Port, target.Reason)));
        Assert.Equal([ElbFault.Unreachable, ElbFault.Garbled, ElbFault.Unreachable, ElbFault.Unavailable], log.Calls.Take(4).Select(call => call.Fault!.Value));
    }

    private async Task<JsonNode> AwsAsync(string? token, params string[] arguments)
    {
        var (errors, output) = await RunAsync(token, arguments);
        Assert.Equal("", errors);
        return JsonNode.Parse(output)!;
    }

    private async Task<(string Errors, string Output)> RunAsync(string? token, params string[] arguments)
    {
        var variables = new Dictionary<string, string>
        {
            ["PATH"] = "/usr/bin:/bin",
            ["AWS_EC2_METADATA_DISABLED"] = "true",
            ["AWS_MAX_ATTEMPTS"] = "1",
            ["AWS_REGION"] = _model.Region,
            ["AWS_ACCESS_KEY_ID"] = ElbQueryService.AccessKey,
            ["AWS_SECRET_ACCESS_KEY"] = ElbQueryService.Secret,
        };
        if (token is not null)
        {
            variables["AWS_SESSION_TOKEN"] = token;
        }

        // Debian's, whatever other one is in the PATH.
        await using var aws = new OnHost { Environment = variables }.Run(
            "/usr/bin/aws", ["elbv2", .. arguments, "--output", "json", "--endpoint-url", _server.Address.ToString()]);
        await aws.ExitAsync();
        return (aws.Stderr.Text.Trim(), aws.Stdout.Text);
    }
}
