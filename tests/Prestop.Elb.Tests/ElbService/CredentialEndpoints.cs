using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Prestop.Testing;

namespace Prestop.Elb.Tests.ElbService;

/// <summary>Everything that hands out temporary credentials: STS, SSO, the Pod Identity agent and the instance's metadata.</summary>
internal sealed class CredentialEndpoints : IAsyncDisposable
{
    private readonly LoopbackHttp _server;
    private readonly ConcurrentQueue<string> _seen = new();

    public CredentialEndpoints() => _server = new LoopbackHttp(Answer);

    public string Address => _server.Address.ToString().TrimEnd('/');

    /// <summary>What was asked for: action or path, and the access key or token that it was asked with.</summary>
    public IReadOnlyList<string> Seen => [.. _seen];

    /// <summary>STS refuses with this code and message.</summary>
    public (string Code, string Message)? Refusal { get; set; }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private HttpReply Answer(HttpCall call)
    {
        var form = Encoding.UTF8.GetString(call.Body).Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => WebUtility.UrlDecode(pair[1]));
        var action = form.GetValueOrDefault("Action", "");
        var authorization = call.Headers.GetValueOrDefault("authorization", "");
        var key = authorization.Split("Credential=") is [_, var credential] ? credential.Split('/')[0] : authorization;
        _seen.Enqueue($"{(action.Length > 0 ? $"{action} {form.GetValueOrDefault("RoleArn")}" : call.Target)} {key}{form.GetValueOrDefault("WebIdentityToken")}{call.Headers.GetValueOrDefault("x-amz-sso_bearer_token")}");

        var path = call.Target.Split('?')[0];
        return (action, path) switch
        {
            ("AssumeRole" or "AssumeRoleWithWebIdentity", _) => Refusal is { } refusal
                ? new HttpReply(403, $"<ErrorResponse><Error><Type>Sender</Type><Code>{refusal.Code}</Code><Message>{refusal.Message}</Message></Error></ErrorResponse>")
                : new HttpReply(200, $"<{action}Response><{action}Result><Credentials><AccessKeyId>AKIDSTS</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>from-{action}</SessionToken><Expiration>{Expiration}</Expiration></Credentials><AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/s</Arn><AssumedRoleId>X:s</AssumedRoleId></AssumedRoleUser></{action}Result></{action}Response>"),
            (_, "/federation/credentials") => Json("""{"roleCredentials":{"accessKeyId":"AKIDSSO","secretAccessKey":"s","sessionToken":"from-sso","expiration":4102444800000}}"""),
            (_, "/v1/credentials") => Json($$"""{"AccessKeyId":"AKIDPOD","SecretAccessKey":"s","Token":"from-agent","Expiration":"{{Expiration}}"}"""),
            (_, "/latest/api/token") => Text("imds-token"),
            (_, "/latest/meta-data/iam/security-credentials" or "/latest/meta-data/iam/security-credentials/") => Text("node-role"),
            (_, "/latest/meta-data/iam/security-credentials/node-role") =>
                Json($$"""{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"AKIDNODE","SecretAccessKey":"s","Token":"from-instance","LastUpdated":"{{Expiration}}","Expiration":"{{Expiration}}"}"""),
            (_, "/latest/dynamic/instance-identity/document") => Json("""{"region":"eu-north-1"}"""),
            _ => new HttpReply(404, ""),
        };
    }

    private static string Expiration => $"{DateTimeOffset.UtcNow.AddHours(1):yyyy-MM-dd'T'HH:mm:ss'Z'}";

    private static HttpReply Json(string text) => new(200, text) { ContentType = "application/json" };

    private static HttpReply Text(string text) => new(200, text) { ContentType = "text/plain" };
}
