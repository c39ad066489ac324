using System.Net.Sockets;
using System.Security.Authentication;
using Prestop.Elb.Client;
using Prestop.Elb.Tests.ElbService;
using Prestop.Testing;
using Xunit;

namespace Prestop.Elb.Tests.Client;

/// <summary>The client against the service, on fake time.</summary>
public sealed class ElbClientTests : IDisposable
{
    private static readonly string Huge = new('x', (int)QueryAnswer.LongestAnswer);

    private readonly FakeClock _clock = new();
    private readonly ElbModel _model;
    private readonly ElbQueryService _service;
    private readonly DirectElb _network;
    private readonly FixedAccess _access = new();
    private readonly CallLog _log = new();
    private readonly ElbClient _client;

    public ElbClientTests()
    {
        _model = new ElbModel(_clock);
        _service = new ElbQueryService(_model);
        _network = new DirectElb(_service, _clock);
        _client = new ElbClient(
            _access, new HttpMessageInvoker(_network), new CallBudget(10, 10, _clock), new ElbClientRules(), _log, _clock, new Random(1));
    }

    public void Dispose() => _network.Dispose();

    [Fact]
    public void Load_balancers_and_groups_come_with_all_their_pages()
    {
        _service.LargestPage = 3;
        for (var i = 0; i < 10; i++)
        {
            var balancer = _model.AddBalancer($"k8s-{i}", i % 2 == 0 ? "application" : "network");
            _model.AddGroup($"group-{i}", balancer);
        }

        var balancers = Value(_client.DescribeLoadBalancersAsync);
        var groups = Value(_client.DescribeTargetGroupsAsync);

        Assert.Equal(_model.Balancers.Select(balancer => new LoadBalancer(balancer.Arn, balancer.DnsName)), balancers);
        Assert.Equal(_model.Groups.Select(group => (group.Arn, group.Name)), groups.Select(group => (group.Arn, group.Name)));
        Assert.Equal(_model.Groups.Select(group => group.Balancers.Single()), groups.Select(group => group.LoadBalancerArns.Single()));
        Assert.Equal(8, _service.Calls.Count);
    }

    [Theory]
    [InlineData("ip", "HTTP", TargetType.Ip, BalancerKind.Application)]
    [InlineData("ip", "HTTPS", TargetType.Ip, BalancerKind.Application)]
    [InlineData("instance", "TCP", TargetType.Instance, BalancerKind.Network)]
    [InlineData("ip", "UDP", TargetType.Ip, BalancerKind.Network)]
    [InlineData("ip", "TLS", TargetType.Ip, BalancerKind.Network)]
    [InlineData("ip", "QUIC", TargetType.Ip, BalancerKind.Network)]
    [InlineData("alb", "TCP", TargetType.Alb, BalancerKind.Network)]
    [InlineData("instance", "GENEVE", TargetType.Instance, BalancerKind.Gateway)]
    [InlineData("lambda", "HTTP", TargetType.Other, BalancerKind.Network)]
    public void A_groups_type_and_protocol_are_understood(string type, string protocol, TargetType expected, BalancerKind kind)
    {
        _model.AddGroup("web", null, type, protocol);

        var group = Value(_client.DescribeTargetGroupsAsync).Single();

        Assert.Equal((expected, kind), (group.Type, group.Kind));
        Assert.Empty(group.LoadBalancerArns);
    }

    [Theory]
    [InlineData("initial", "Elb.RegistrationInProgress", TargetState.Initial)]
    [InlineData("healthy", "", TargetState.Healthy)]
    [InlineData("unhealthy", "Target.Timeout", TargetState.Unhealthy)]
    [InlineData("unhealthy.draining", "Target.FailedHealthChecks", TargetState.UnhealthyDraining)]
    [InlineData("unused", "Target.NotInUse", TargetState.Unused)]
    [InlineData("draining", "Target.DeregistrationInProgress", TargetState.Draining)]
    [InlineData("unavailable", "Target.HealthCheckDisabled", TargetState.Unavailable)]
    [InlineData("levitating", "", TargetState.Unknown)]
    public void Every_state_is_understood(string state, string reason, TargetState expected)
    {
        var group = _model.AddGroup("web", null);
        group.Set("10.0.1.7", state, reason, 8443);

        Assert.Equal([new TargetHealth("10.0.1.7", 8443, expected, reason)], Value(stop => _client.DescribeTargetHealthAsync(group.Arn, stop)));
    }

    [Fact]
    public void A_target_without_a_port_and_a_group_without_targets_are_understood()
    {
        var group = _model.AddGroup("web", null, "lambda");
        Assert.Empty(Value(stop => _client.DescribeTargetHealthAsync(group.Arn, stop)));

        group.Set("arn:aws:lambda:eu-central-1:123456789012:function:f", "healthy", port: 0);
        Assert.Equal(0, Value(stop => _client.DescribeTargetHealthAsync(group.Arn, stop)).Single().Port);
    }

    public static TheoryData<string, string> Passing => new()
    {
        { "throttled", "Throttled" },
        { "limit", "Throttled" },
        { "429", "Throttled" },
        { "500", "Unavailable" },
        { "503", "Unavailable" },
        { "health", "Unavailable" },
        { "cut", "Garbled" },
        { "html", "Garbled" },
        { "empty", "Garbled" },
        { "doctype", "Garbled" },
        { "deep", "Garbled" },
        { "huge", "Garbled" },
        { "no list", "Garbled" },
        { "no state", "Garbled" },
        { "other action", "Garbled" },
        { "reset", "Unreachable" },
        { "hang", "Unreachable" },
    };

    [Theory]
    [MemberData(nameof(Passing))]
    public void What_may_pass_is_tried_again(string what, string fault)
    {
        var group = _model.AddGroup("web", null);
        group.Set("10.0.1.7", "healthy");
        _service.AnswerOnce(Bad(what), Bad(what), Bad(what));

        Assert.Single(Value(stop => _client.DescribeTargetHealthAsync(group.Arn, stop)));
        Assert.Equal([fault, fault, fault, ""], _log.Calls.Select(call => $"{call.Fault}"));
    }

    [Theory]
    [MemberData(nameof(Passing))]
    public void What_does_not_pass_ends_with_the_calls_time_and_says_what_it_was(string what, string fault)
    {
        _service.Always = _ => Bad(what);

        var error = Error(stop => _client.DescribeTargetHealthAsync("arn", stop));

        Assert.Equal(fault, $"{error.Fault}");
        Assert.True(error.IsTransient);
        Assert.InRange(_clock.Now, TimeSpan.FromSeconds(49), TimeSpan.FromSeconds(60));
        Assert.InRange(_service.Calls.Count, 4, 30);
    }

    public static TheoryData<string, ElbFault, string, string> Lasting => new()
    {
        {
            "denied", ElbFault.Denied, "IAM does not allow DescribeTargetHealth: add elasticloadbalancing:DescribeTargetHealth to the policy of this identity (User: arn:aws:sts::123456789012:", ""
        },
        { "wrong key", ElbFault.Credentials, "AWS does not accept the credentials (The security token included in the request is invalid.)", "renewed" },
        { "wrong secret", ElbFault.Credentials, "AWS does not accept the signature: the secret key is not the one of the access key", "renewed" },
        { "expired", ElbFault.Credentials, "the AWS credentials have expired, and no newer ones were to be had", "renewed" },
        { "region", ElbFault.Region, "elb.test is not the endpoint of the region 'us-east-1'; set --aws-region (Credential should be scoped to a valid region, not 'us-east-1'.)", "" },
        { "opt-in", ElbFault.Region, "the account has no access to the region 'eu-central-1'", "" },
        { "not found", ElbFault.NotFound, "DescribeTargetHealth: One or more target groups not found", "" },
        { "bad request", ElbFault.Rejected, "elb.test answers 400 to DescribeTargetHealth (ValidationError: A value is wrong)", "" },
        { "proxy", ElbFault.Rejected, "elb.test answers 407 to DescribeTargetHealth", "" },
        { "redirect", ElbFault.Rejected, "elb.test answers 301 to DescribeTargetHealth; is the endpoint right?", "" },
    };

    [Theory]
    [MemberData(nameof(Lasting))]
    public void What_does_not_pass_by_itself_is_told_at_once(string what, ElbFault fault, string words, string renewed)
    {
        var group = _model.AddGroup("web", null);
        switch (what)
        {
            case "denied": _service.Denied["DescribeTargetHealth"] = true; break;
            case "wrong key": _access.AccessKey = "AKIDOTHER"; break;
            case "wrong secret": _access.Secret = "other"; break;
            case "expired": _access.Token = _service.ExpiredToken = "old"; break;
            case "region": _access.Region = "us-east-1"; break;
            case "opt-in": _service.Always = _ => ElbQueryService.Error(403, "OptInRequired", "not subscribed"); break;
            case "not found": _model.Delete(group); break;
            case "bad request": _service.Always = _ => ElbQueryService.Error(400, "ValidationError", "A value\nis wrong"); break;
            case "proxy": _service.Always = _ => new HttpReply(407, "<html><br>"); break;
            case "redirect": _service.Always = _ => new HttpReply(301, ""); break;
        }

        var error = Error(stop => _client.DescribeTargetHealthAsync(group.Arn, stop));

        Assert.Equal(fault, error.Fault);
        Assert.StartsWith(words, error.Message, StringComparison.Ordinal);
        Assert.False(error.IsTransient);
        Assert.Equal(renewed.Length > 0 ? 2 : 1, _service.Calls.Count);
        Assert.Equal(renewed.Length > 0 ? 1 : 0, _access.Renewals);
    }

    [Fact]
    public void Expired_credentials_are_got_anew_once()
    {
        var group = _model.AddGroup("web", null);
        _access.Token = _service.ExpiredToken = "old";
        _access.NewToken = _service.SessionToken = "new";

        Assert.Empty(Value(stop => _client.DescribeTargetHealthAsync(group.Arn, stop)));
        Assert.Equal([ElbFault.Credentials, null], _log.Calls.Select(call => call.Fault));
    }

    [Theory]
    [InlineData(-3600)]
    [InlineData(400)]
    public void A_clock_that_is_wrong_is_taken_into_account_from_then_on(int seconds)
    {
        var group = _model.AddGroup("web", null);
        _service.Skew = TimeSpan.FromSeconds(seconds);

        Value(stop => _client.DescribeTargetHealthAsync(group.Arn, stop));
        Value(stop => _client.DescribeTargetHealthAsync(group.Arn, stop));

        Assert.Equal([ElbFault.ClockSkew, null, null], _log.Calls.Select(call => call.Fault));
    }

    [Theory]
    [InlineData(3600, "this machine's clock is 3600s behind AWS's; set it right")]
    [InlineData(-400, "this machine's clock is 400s ahead of AWS's; set it right")]
    public void A_clock_that_cannot_be_taken_into_account_is_told(int seconds, string words)
    {
        _service.Skew = TimeSpan.FromSeconds(seconds);
        _service.Always = _ => ElbQueryService.Error(403, "RequestExpired", "Request has expired");

        var error = Error(_client.DescribeLoadBalancersAsync);

        Assert.Equal((ElbFault.ClockSkew, words), (error.Fault, error.Message));
        Assert.Equal(2, _service.Calls.Count);
    }

    public static TheoryData<string, ElbFault, string> NetworkFaults => new()
    {
        { "dns", ElbFault.Unreachable, "elb.test does not resolve; is the region right?" },
        { "refused", ElbFault.Unreachable, "no connection to elb.test: ConnectionRefused" },
        { "tls", ElbFault.Untrusted, "the certificate of elb.test is not trusted" },
        { "lost", ElbFault.Unreachable, "the connection to elb.test was lost" },
    };

    [Theory]
    [MemberData(nameof(NetworkFaults))]
    public void A_network_that_fails_is_told_in_words(string what, ElbFault fault, string words)
    {
        _network.Throws = what switch
        {
            "dns" => new HttpRequestException(HttpRequestError.NameResolutionError),
            "refused" => new HttpRequestException(HttpRequestError.ConnectionError, "", new SocketException((int)SocketError.ConnectionRefused)),
            "tls" => new HttpRequestException(HttpRequestError.SecureConnectionError, "", new AuthenticationException()),
            _ => new IOException(),
        };

        var error = Error(_client.DescribeLoadBalancersAsync);

        Assert.Equal((fault, words), (error.Fault, error.Message));
    }

    [Fact]
    public void An_endpoint_that_hangs_is_given_up_after_each_attempts_time()
    {
        _service.Always = _ => ElbQueryService.Hang;

        var error = Error(_client.DescribeLoadBalancersAsync);

        Assert.Equal("no answer from elb.test within 10s", error.Message);
        Assert.Equal(60, _clock.Now.TotalSeconds);
        Assert.InRange(_service.Calls.Count, 5, 6);
    }

    [Fact]
    public void Credentials_that_do_not_come_are_told_from_an_endpoint_that_does_not_answer()
    {
        _access.Hangs = true;

        Assert.Equal("no answer from where the AWS credentials come from within 10s", Error(_client.DescribeLoadBalancersAsync).Message);
        Assert.Empty(_service.Calls);
    }

    [Fact]
    public void Pages_that_go_round_in_a_circle_are_given_up()
    {
        _service.Always = _ => new HttpReply(200, "<DescribeLoadBalancersResponse><DescribeLoadBalancersResult><LoadBalancers/><NextMarker>x</NextMarker></DescribeLoadBalancersResult></DescribeLoadBalancersResponse>");

        var error = Error(_client.DescribeLoadBalancersAsync);

        Assert.Equal("the pages of the answer to DescribeLoadBalancers go round in a circle", error.Message);
        Assert.Equal(2, _service.Calls.Count);
    }

    [Fact]
    public void The_callers_cancellation_is_the_callers()
    {
        _service.Always = _ => ElbQueryService.Hang;
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(3), _clock);

        Assert.ThrowsAny<OperationCanceledException>(() => _clock.Run(() => _client.DescribeLoadBalancersAsync(stop.Token)));
        Assert.Equal(3, _clock.Now.TotalSeconds);
    }

    private static HttpReply Bad(string what)
    {
        const string Health = "<DescribeTargetHealthResponse><DescribeTargetHealthResult>";
        const string End = "</DescribeTargetHealthResult></DescribeTargetHealthResponse>";
        return what switch
        {
            "throttled" => ElbQueryService.Error(400, "Throttling", "Rate exceeded"),
            "limit" => ElbQueryService.Error(503, "RequestLimitExceeded", "Request limit exceeded."),
            "429" => new HttpReply(429, ""),
            "500" => ElbQueryService.Error(500, "InternalFailure", "The request processing has failed."),
            "503" => new HttpReply(503, "<html>"),
            "health" => ElbQueryService.Error(500, "HealthUnavailable", "The health of the specified targets could not be retrieved due to an internal error."),
            "cut" => new HttpReply(200, $"{Health}<TargetHealthDescriptions><member>"),
            "html" => new HttpReply(200, "<html><body>Sign in</body></html>"),
            "empty" => new HttpReply(200, ""),
            "doctype" => new HttpReply(200, $"<!DOCTYPE a [<!ENTITY b \"b\">]>{Health}<TargetHealthDescriptions/>{End}"),
            "deep" => new HttpReply(200, string.Concat(Enumerable.Repeat("<a>", 100_000))),
            "huge" => new HttpReply(200, $"{Health}<TargetHealthDescriptions>{Huge}"),
            "no list" => new HttpReply(200, Health + End),
            "no state" => new HttpReply(200, $"{Health}<TargetHealthDescriptions><member><Target><Id>10.0.1.7</Id></Target></member></TargetHealthDescriptions>{End}"),
            "other action" => new HttpReply(200, "<DescribeRulesResponse><DescribeRulesResult><TargetHealthDescriptions/></DescribeRulesResult></DescribeRulesResponse>"),
            "reset" => ElbQueryService.Reset,
            _ => ElbQueryService.Hang,
        };
    }

    private T Value<T>(Func<CancellationToken, Task<ElbResult<T>>> call)
        where T : class
    {
        var result = _clock.Run(() => call(TestContext.Current.CancellationToken));
        Assert.True(result.Succeeded, result.Error?.Message);
        return result.Value;
    }

    private ElbError Error<T>(Func<CancellationToken, Task<ElbResult<T>>> call)
        where T : class
    {
        var result = _clock.Run(() => call(TestContext.Current.CancellationToken));
        Assert.False(result.Succeeded);
        return result.Error;
    }
}
