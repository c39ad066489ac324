using System.Globalization;
using System.Net;
using Prestop.Core.Messages;
using Prestop.Elb.Access;

namespace Prestop.Elb.Client;

/// <summary>Tells what a refusal means by AWS's codes ("Common Errors" of the API reference) and, without one, by the status.</summary>
internal static class ElbRefusal
{
    /// <summary>The error that a refusal is.</summary>
    /// <param name="action">The action that was called.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="code">AWS's code, or nothing.</param>
    /// <param name="message">AWS's words, or nothing.</param>
    /// <param name="endpoint">Who answered.</param>
    /// <param name="skew">What the answer's clock shows more than this machine's; null when it does not say.</param>
    public static ElbError Describe(string action, HttpStatusCode status, string code, string message, ElbEndpoint endpoint, TimeSpan? skew)
    {
        var said = OneLine.Quote(message);
        return code switch
        {
            "Throttling" or "ThrottlingException" or "ThrottledException" or "RequestThrottled" or "RequestThrottledException" or "RequestLimitExceeded"
                or "TooManyRequestsException" or "SlowDown" or "BandwidthLimitExceeded" =>
                Error(ElbFault.Throttled, $"AWS throttles {action}"),

            "AccessDenied" or "AccessDeniedException" or "UnauthorizedOperation" or "NotAuthorized" => Error(
                ElbFault.Denied, $"IAM does not allow {action}: add elasticloadbalancing:{action} to the policy of this identity{In(said)}"),

            "ExpiredToken" or "ExpiredTokenException" or "TokenRefreshRequired" =>
                Error(ElbFault.Credentials, $"the AWS credentials have expired, and no newer ones were to be had{In(said)}"),

            "InvalidClientTokenId" or "UnrecognizedClientException" or "InvalidAccessKeyId" or "MissingAuthenticationToken" or "MissingAuthenticationTokenException" or "AuthFailure" =>
                Error(ElbFault.Credentials, $"AWS does not accept the credentials{In(said)}"),

            "RequestExpired" or "RequestTimeTooSkewed" or "InvalidSignatureException" or "SignatureDoesNotMatch" or "IncompleteSignature" => Signature(),

            "LoadBalancerNotFound" or "TargetGroupNotFound" => Error(ElbFault.NotFound, $"{action}: {(said.Length > 0 ? said : code)}"),

            "OptInRequired" => Error(ElbFault.Region, $"the account has no access to the region '{endpoint.Region}'{In(said)}"),

            _ => (int)status switch
            {
                429 => Error(ElbFault.Throttled, $"AWS throttles {action}"),
                408 or >= 500 => Error(ElbFault.Unavailable, $"{endpoint.Address.Host} answers {(int)status} to {action}{In(code)}"),
                >= 300 and < 400 => Error(ElbFault.Rejected, $"{endpoint.Address.Host} answers {(int)status} to {action}; is the endpoint right?"),
                _ => Error(ElbFault.Rejected, $"{endpoint.Address.Host} answers {(int)status} to {action}{In(code.Length > 0 ? $"{code}: {said}" : said)}"),
            },
        };

        ElbError Error(ElbFault fault, string words) => new(fault, action, words);

        // One code for a wrong key, a wrong region and a wrong clock; the message tells them apart.
        ElbError Signature() => code switch
        {
            "RequestExpired" or "RequestTimeTooSkewed" => Clock(),
            _ when message.Contains("Signature expired", StringComparison.Ordinal) || message.Contains("Signature not yet current", StringComparison.Ordinal) => Clock(),
            _ when message.Contains("Credential should be scoped", StringComparison.Ordinal) => Error(
                ElbFault.Region, $"{endpoint.Address.Host} is not the endpoint of the region '{endpoint.Region}'; set --aws-region{In(said)}"),
            _ => Error(ElbFault.Credentials, "AWS does not accept the signature: the secret key is not the one of the access key"),
        };

        ElbError Clock() => Error(ElbFault.ClockSkew, skew is { } seen
            ? string.Create(CultureInfo.InvariantCulture, $"this machine's clock is {Math.Abs(seen.TotalSeconds):0}s {(seen > TimeSpan.Zero ? "behind" : "ahead of")} AWS's; set it right")
            : "this machine's clock differs from AWS's by more than five minutes; set it right");
    }

    private static string In(string words) => words.Length == 0 ? "" : $" ({words})";
}
