using System.Collections.Concurrent;
using System.Net;
using System.Security;
using System.Text;
using Prestop.Testing;

namespace Prestop.Elb.Tests.ElbService;

/// <summary>The Query API of Elastic Load Balancing, version 2015-12-01, on a model: parameters, XML, pages, errors, signatures.</summary>
internal sealed class ElbQueryService(ElbModel model)
{
    public const string AccessKey = "AKIDEXAMPLE";
    public const string Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    private readonly ConcurrentQueue<HttpReply> _next = new();
    private readonly ConcurrentQueue<string> _calls = new();

    public static HttpReply Hang { get; } = new(0, "") { Hangs = true };

    public static HttpReply Reset { get; } = new(0, "") { IsReset = true };

    /// <summary>The session's token that requests must carry; null: none.</summary>
    public string? SessionToken { get; set; }

    /// <summary>The token that has expired; null: none.</summary>
    public string? ExpiredToken { get; set; }

    /// <summary>The most that a page holds, whatever is asked for.</summary>
    public int LargestPage { get; set; } = 400;

    /// <summary>Actions that IAM does not allow.</summary>
    public ConcurrentDictionary<string, bool> Denied { get; } = new();

    /// <summary>Answers in the place of the service's own, for as long as it is set and gives one.</summary>
    public Func<string, HttpReply?>? Always { get; set; }

    /// <summary>What the server's clock shows more than the model's.</summary>
    public TimeSpan Skew { get; set; }

    /// <summary>The actions that were called, in order, also those that were refused.</summary>
    public IReadOnlyList<string> Calls => [.. _calls];

    public DateTimeOffset Now => model.Time.GetUtcNow() + Skew;

    public static HttpReply Error(int status, string code, string message) => new(
        status,
        $"""<ErrorResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><Error><Type>{(status >= 500 ? "Receiver" : "Sender")}</Type><Code>{code}</Code><Message>{SecurityElement.Escape(message)}</Message></Error><RequestId>{Guid.NewGuid()}</RequestId></ErrorResponse>""");

    /// <summary>The next calls, whatever they are, are answered so.</summary>
    public void AnswerOnce(params HttpReply[] answers) => Array.ForEach(answers, _next.Enqueue);

    public HttpReply Answer(HttpCall request)
    {
        var form = Encoding.UTF8.GetString(request.Body).Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2))
            .ToDictionary(pair => WebUtility.UrlDecode(pair[0]), pair => WebUtility.UrlDecode(pair[1]));
        var action = form.GetValueOrDefault("Action", "");
        _calls.Enqueue(action);
        if (_next.TryDequeue(out var once))
        {
            return once;
        }

        if (Always?.Invoke(action) is { } instead)
        {
            return instead;
        }

        if (request.Method != "POST" || form.GetValueOrDefault("Version") != "2015-12-01")
        {
            return Error(400, "InvalidAction", $"Could not find operation {action} for version {form.GetValueOrDefault("Version")}");
        }

        if (ExpiredToken is { } expired && request.Headers.GetValueOrDefault("x-amz-security-token") == expired)
        {
            return Error(403, "ExpiredToken", "The security token included in the request is expired");
        }

        if (SignatureCheck.Problem(request, AccessKey, Secret, SessionToken, model.Region, "elasticloadbalancing", Now) is { } problem)
        {
            return Error(403, problem.Code, problem.Message);
        }

        if (Denied.ContainsKey(action))
        {
            return Error(
                403,
                "AccessDenied",
                $"User: arn:aws:sts::{ElbModel.Account}:assumed-role/prestop-elb/prestop is not authorized to perform: elasticloadbalancing:{action} because no identity-based policy allows the elasticloadbalancing:{action} action");
        }

        return action switch
        {
            "DescribeLoadBalancers" => Balancers(form),
            "DescribeTargetGroups" => Groups(form),
            "DescribeTargetHealth" => Health(form),
            _ => Error(400, "InvalidAction", $"Could not find operation {action} for version 2015-12-01"),
        };
    }

    private static string[] Listed(Dictionary<string, string> form, string name) =>
        [.. form.Where(pair => pair.Key.StartsWith($"{name}.member.", StringComparison.Ordinal)).Select(pair => pair.Value)];

    private static HttpReply Ok(string action, string result) => new(
        200,
        $"""<{action}Response xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><{action}Result>{result}</{action}Result><ResponseMetadata><RequestId>{Guid.NewGuid()}</RequestId></ResponseMetadata></{action}Response>""");

    private static string Element(string name, string text) => $"<{name}>{SecurityElement.Escape(text)}</{name}>";

    private static string ListOf(string name, IEnumerable<string> members) => $"<{name}>{string.Concat(members.Select(member => $"<member>{member}</member>"))}</{name}>";

    private HttpReply Page<T>(string action, Dictionary<string, string> form, string list, IReadOnlyList<T> all, Func<T, string> write)
    {
        var from = form.TryGetValue("Marker", out var marker) ? int.Parse(Encoding.ASCII.GetString(Convert.FromBase64String(marker)), null) : 0;
        var size = Math.Min(LargestPage, form.TryGetValue("PageSize", out var asked) ? int.Parse(asked, null) : 400);
        var next = from + size < all.Count ? Element("NextMarker", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{from + size}"))) : "";
        return Ok(action, ListOf(list, all.Skip(from).Take(size).Select(write)) + next);
    }

    private HttpReply Balancers(Dictionary<string, string> form)
    {
        var (arns, names) = (Listed(form, "LoadBalancerArns"), Listed(form, "Names"));
        var found = model.Balancers.Where(balancer => (arns.Length == 0 || arns.Contains(balancer.Arn)) && (names.Length == 0 || names.Contains(balancer.Name))).ToList();
        if (found.Count < Math.Max(arns.Length, names.Length))
        {
            return Error(400, "LoadBalancerNotFound", $"Load balancers '[{string.Join(", ", [.. arns, .. names])}]' not found");
        }

        return Page("DescribeLoadBalancers", form, "LoadBalancers", found, balancer =>
            Element("LoadBalancerArn", balancer.Arn) + Element("Scheme", "internet-facing") + Element("LoadBalancerName", balancer.Name) + Element("VpcId", "vpc-3ac0fb5f")
            + Element("CanonicalHostedZoneId", "Z2P70J7EXAMPLE") + Element("CreatedTime", "2026-03-25T21:26:12.920Z")
            + ListOf("AvailabilityZones", [Element("SubnetId", "subnet-8360a9e7") + Element("ZoneName", $"{model.Region}a")])
            + ListOf("SecurityGroups", ["sg-5943793c"])
            + Element("DNSName", balancer.DnsName) + $"<State>{Element("Code", "active")}</State>" + Element("Type", balancer.Type) + Element("IpAddressType", "ipv4"));
    }

    private HttpReply Groups(Dictionary<string, string> form)
    {
        var (arns, names) = (Listed(form, "TargetGroupArns"), Listed(form, "Names"));
        var balancer = form.GetValueOrDefault("LoadBalancerArn");
        var found = model.Groups
            .Where(group => (arns.Length == 0 || arns.Contains(group.Arn)) && (names.Length == 0 || names.Contains(group.Name)) && (balancer is null || group.Balancers.Contains(balancer)))
            .ToList();
        if (found.Count < Math.Max(arns.Length, names.Length))
        {
            return Error(400, "TargetGroupNotFound", "One or more target groups not found");
        }

        return Page("DescribeTargetGroups", form, "TargetGroups", found, group =>
            Element("TargetGroupArn", group.Arn) + Element("HealthCheckTimeoutSeconds", "5") + Element("HealthCheckPort", "traffic-port")
            + $"<Matcher>{Element("HttpCode", "200")}</Matcher>" + Element("TargetGroupName", group.Name) + Element("HealthCheckProtocol", "HTTP") + Element("HealthCheckPath", "/")
            + (group.TargetType == "lambda" ? "" : Element("Protocol", group.Protocol) + Element("Port", "80") + Element("VpcId", "vpc-3ac0fb5f"))
            + Element("HealthyThresholdCount", "5") + Element("HealthCheckIntervalSeconds", "30") + ListOf("LoadBalancerArns", group.Balancers)
            + Element("UnhealthyThresholdCount", "2") + Element("TargetType", group.TargetType));
    }

    private HttpReply Health(Dictionary<string, string> form)
    {
        if (model.Groups.FirstOrDefault(group => group.Arn == form.GetValueOrDefault("TargetGroupArn")) is not { } found)
        {
            return Error(400, "TargetGroupNotFound", "One or more target groups not found");
        }

        return Ok("DescribeTargetHealth", ListOf("TargetHealthDescriptions", found.Targets.Select(target =>
            Element("HealthCheckPort", $"{target.Port}")
            + $"<TargetHealth>{Element("State", target.State)}{(target.Reason.Length == 0 ? "" : Element("Reason", target.Reason) + Element("Description", "in other words"))}</TargetHealth>"
            + $"<Target>{(target.Port == 0 ? "" : Element("Port", $"{target.Port}"))}{Element("Id", target.Id)}{Element("AvailabilityZone", $"{model.Region}a")}</Target>")));
    }
}
