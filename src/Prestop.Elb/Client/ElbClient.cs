using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using System.Xml;
using Prestop.Core.Messages;
using Prestop.Core.Waiting;
using Prestop.Elb.Access;

namespace Prestop.Elb.Client;

/// <summary>How long calls may take, and how they are repeated.</summary>
public sealed record ElbClientRules
{
    /// <summary>One attempt, from its turn in the call budget to the end of the answer. Default 10 s.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A whole call, with all its pages, attempts and pauses. Default 60 s.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The ceiling of the first pause after a failure; it doubles from failure to failure. Default 250 ms.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The last ceiling. Default 10 s.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>
/// The three actions that are needed, over the Query API. Throttling, 5xx, and answers that do not come or make no sense are tried again, with
/// pauses of random length and each attempt in its turn of the call budget, until the call's time is up.
/// </summary>
/// <param name="access">The endpoint and the credentials.</param>
/// <param name="http">Carries requests; it follows no redirects.</param>
/// <param name="budget">Gives the turns.</param>
/// <param name="rules">How long, and how often.</param>
/// <param name="observer">Is told of every attempt.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Spreads the pauses; safe for several threads.</param>
public sealed class ElbClient(
    IElbAccess access, HttpMessageInvoker http, CallBudget budget, ElbClientRules rules, IElbObserver observer, TimeProvider time, Random random)
    : IElbApi
{
    private const string ContentType = "application/x-www-form-urlencoded; charset=utf-8";
    private const string ServiceName = "elasticloadbalancing";

    // What the server's clock shows more than this one.
    private TimeSpan _skew;

    /// <inheritdoc/>
    public Task<ElbResult<IReadOnlyList<LoadBalancer>>> DescribeLoadBalancersAsync(CancellationToken cancellation) =>
        ListAsync(
            "DescribeLoadBalancers",
            "&PageSize=400",
            "LoadBalancers",
            member => new LoadBalancer(member.Required("LoadBalancerArn"), member.Text("DNSName") ?? ""),
            cancellation);

    /// <inheritdoc/>
    public Task<ElbResult<IReadOnlyList<TargetGroup>>> DescribeTargetGroupsAsync(CancellationToken cancellation) =>
        ListAsync(
            "DescribeTargetGroups",
            "&PageSize=400",
            "TargetGroups",
            member => new TargetGroup(
                member.Required("TargetGroupArn"),
                member.Required("TargetGroupName"),
                TypeOf(member.Required("TargetType")),
                KindOf(member.Text("Protocol")),
                member.All("LoadBalancerArns/member")),
            cancellation);

    /// <inheritdoc/>
    public Task<ElbResult<IReadOnlyList<TargetHealth>>> DescribeTargetHealthAsync(string groupArn, CancellationToken cancellation) =>
        ListAsync(
            "DescribeTargetHealth",
            $"&TargetGroupArn={Uri.EscapeDataString(groupArn)}",
            "TargetHealthDescriptions",
            member => new TargetHealth(
                member.Required("Target/Id"),
                member.Text("Target/Port") is { } port ? PortOf(port) : 0,
                StateOf(member.Required("TargetHealth/State")),
                member.Text("TargetHealth/Reason") ?? ""),
            cancellation);

    private static TargetType TypeOf(string word) => word switch
    {
        "instance" => TargetType.Instance,
        "ip" => TargetType.Ip,
        "alb" => TargetType.Alb,
        _ => TargetType.Other,
    };

    /// <summary>A Lambda group has no protocol. What a later API may bring gets the longer settle time of a Network Load Balancer.</summary>
    private static BalancerKind KindOf(string? protocol) => protocol switch
    {
        "HTTP" or "HTTPS" => BalancerKind.Application,
        "GENEVE" => BalancerKind.Gateway,
        _ => BalancerKind.Network,
    };

    private static TargetState StateOf(string word) => word switch
    {
        "initial" => TargetState.Initial,
        "healthy" => TargetState.Healthy,
        "unhealthy" => TargetState.Unhealthy,
        "unhealthy.draining" => TargetState.UnhealthyDraining,
        "draining" => TargetState.Draining,
        "unused" => TargetState.Unused,
        "unavailable" => TargetState.Unavailable,
        _ => TargetState.Unknown,
    };

    private static int PortOf(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : throw new XmlException("a port that is no number");

    private async Task<ElbResult<IReadOnlyList<T>>> ListAsync<T>(
        string action, string parameters, string list, Func<QueryMember, T> make, CancellationToken cancellation)
    {
        using var limit = Deadline.After(rules.CallTimeout, time.GetTimestamp(), time).Or(cancellation);
        var last = new ElbError(ElbFault.Unreachable, action, string.Create(
            CultureInfo.InvariantCulture, $"the call budget had no turn for {action} within {rules.CallTimeout.TotalSeconds:0.###}s; raise --aws-qps"));
        try
        {
            var items = new List<T>();
            var marker = "";
            while (true)
            {
                var body = $"Action={action}&Version=2015-12-01{parameters}" + (marker.Length == 0 ? "" : $"&Marker={Uri.EscapeDataString(marker)}");
                var page = await PageAsync(action, body, list, make, error => last = error, limit.Token);
                if (!page.Succeeded)
                {
                    return page.Error;
                }

                items.AddRange(page.Value.Items);
                if (page.Value.NextMarker.Length == 0)
                {
                    return items;
                }

                if (page.Value.NextMarker == marker)
                {
                    return new ElbError(ElbFault.Garbled, action, $"the pages of the answer to {action} go round in a circle");
                }

                marker = page.Value.NextMarker;
            }
        }
        catch (OperationCanceledException) when (limit.Token.IsCancellationRequested)
        {
            cancellation.ThrowIfCancellationRequested();
            return last;
        }
    }

    private async Task<ElbResult<QueryPage<T>>> PageAsync<T>(
        string action, string body, string list, Func<QueryMember, T> make, Action<ElbError> failed, CancellationToken limit)
    {
        var pauses = new Backoff(rules.FirstPause, rules.LongestPause, random);
        var renewed = false;
        var corrected = false;
        while (true)
        {
            await budget.TakeAsync(limit);
            var (page, skew) = await AttemptAsync(action, body, list, make, limit);
            observer.Called(action, page.Error?.Fault);
            if (page.Succeeded)
            {
                return page;
            }

            failed(page.Error);
            switch (page.Error.Fault)
            {
                case ElbFault.Credentials when !renewed:
                    renewed = true;
                    access.RenewKeys();
                    break;

                case ElbFault.ClockSkew when !corrected && skew is { } seen:
                    corrected = true;
                    _skew = seen;
                    break;

                case ElbFault when !page.Error.IsTransient:
                    return page.Error;
            }

            if (!await Pause.UntilAsync(pauses.Next(), time.GetTimestamp(), time, limit))
            {
                limit.ThrowIfCancellationRequested();
            }
        }
    }

    private async Task<(ElbResult<QueryPage<T>> Page, TimeSpan? Skew)> AttemptAsync<T>(
        string action, string body, string list, Func<QueryMember, T> make, CancellationToken limit)
    {
        using var attempt = Deadline.After(rules.AttemptTimeout, time.GetTimestamp(), time).Or(limit);
        var host = "the instance's metadata service";
        try
        {
            var endpoint = await access.EndpointAsync(action, attempt.Token);
            if (!endpoint.Succeeded)
            {
                return (endpoint.Error, null);
            }

            host = "where the AWS credentials come from";
            var keys = await access.KeysAsync(action, attempt.Token);
            if (!keys.Succeeded)
            {
                return (keys.Error, null);
            }

            host = endpoint.Value.Address.Host;
            using var request = new HttpRequestMessage(HttpMethod.Post, endpoint.Value.Address);
            RequestSignature.Sign(
                request, Encoding.ASCII.GetBytes(body), ContentType, keys.Value, endpoint.Value.Region, ServiceName, time.GetUtcNow() + _skew);

            using var answer = await http.SendAsync(request, attempt.Token);
            await using var content = await answer.Content.ReadAsStreamAsync(attempt.Token);
            if (answer.IsSuccessStatusCode)
            {
                return (await QueryAnswer.ReadPageAsync(content, action, list, make, attempt.Token), null);
            }

            var (code, message) = await QueryAnswer.ReadRefusalAsync(content, attempt.Token);
            var skew = answer.Headers.Date - time.GetUtcNow();
            return (ElbRefusal.Describe(action, answer.StatusCode, code, message, endpoint.Value, skew), skew);
        }
        catch (Exception thrown) when (!limit.IsCancellationRequested && Describe(thrown, action, host) is { } error)
        {
            return (error, null);
        }
    }

    /// <summary>The error that an exception stands for; null when it is a fault of the program.</summary>
    private ElbError? Describe(Exception thrown, string action, string host) =>
        thrown switch
        {
            OperationCanceledException => new ElbError(ElbFault.Unreachable, action, string.Create(
                CultureInfo.InvariantCulture, $"no answer from {host} within {rules.AttemptTimeout.TotalSeconds:0.###}s")),
            XmlException => new ElbError(ElbFault.Garbled, action, $"the answer of {host} to {action} is not what the API describes: {OneLine.Quote(thrown.Message)}"),
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } =>
                new ElbError(ElbFault.Unreachable, action, $"{host} does not resolve; is the region right?"),
            HttpRequestException { InnerException: AuthenticationException } =>
                new ElbError(ElbFault.Untrusted, action, $"the certificate of {host} is not trusted"),
            HttpRequestException { InnerException: SocketException socket } =>
                new ElbError(ElbFault.Unreachable, action, $"no connection to {host}: {OneLine.Quote(socket.SocketErrorCode.ToString())}"),
            HttpRequestException or IOException => new ElbError(ElbFault.Unreachable, action, $"the connection to {host} was lost"),
            _ => null,
        };
}
