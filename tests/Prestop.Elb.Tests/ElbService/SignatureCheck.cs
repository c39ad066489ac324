using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Prestop.Testing;

namespace Prestop.Elb.Tests.ElbService;

/// <summary>Verifies Signature Version 4 as a server does, step by step from its description, with nothing of the SDK.</summary>
internal static class SignatureCheck
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>What is wrong with the request's signature, as an error of AWS; null when it is right.</summary>
    public static (string Code, string Message)? Problem(
        HttpCall request, string accessKey, string secret, string? token, string region, string service, DateTimeOffset now)
    {
        if (!request.Headers.TryGetValue("authorization", out var authorization))
        {
            return ("MissingAuthenticationToken", "Request is missing Authentication Token");
        }

        const string Algorithm = "AWS4-HMAC-SHA256";
        if (!authorization.StartsWith(Algorithm + " ", StringComparison.Ordinal))
        {
            return ("IncompleteSignature", "Authorization header requires the algorithm");
        }

        var parts = authorization[(Algorithm.Length + 1)..].Split(',')
            .Select(part => part.Trim().Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        var credential = parts["Credential"].Split('/');
        var signedHeaders = parts["SignedHeaders"].Split(';');
        if (credential is not [var key, var day, var scopeRegion, var scopeService, "aws4_request"])
        {
            return ("IncompleteSignature", "Credential must have exactly 5 slash-delimited elements");
        }

        if (key != accessKey)
        {
            return ("InvalidClientTokenId", "The security token included in the request is invalid.");
        }

        if (scopeRegion != region || scopeService != service)
        {
            return ("SignatureDoesNotMatch", $"Credential should be scoped to a valid region, not '{scopeRegion}'.");
        }

        string[] needed = ["host", "x-amz-date", .. token is null ? Array.Empty<string>() : ["x-amz-security-token"]];
        if (needed.Except(signedHeaders).Any() || !signedHeaders.Order(StringComparer.Ordinal).SequenceEqual(signedHeaders))
        {
            return ("SignatureDoesNotMatch", "a header that must be signed is not, or they are not in order");
        }

        if (token is not null && request.Headers["x-amz-security-token"] != token)
        {
            return ("InvalidClientTokenId", "The security token included in the request is invalid.");
        }

        var date = request.Headers["x-amz-date"];
        var at = DateTimeOffset.ParseExact(date, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        if (!date.StartsWith(day, StringComparison.Ordinal))
        {
            return ("SignatureDoesNotMatch", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP");
        }

        if (at < now - Tolerance)
        {
            return ("SignatureDoesNotMatch", $"Signature expired: {date} is now earlier than {now - Tolerance:yyyyMMdd'T'HHmmss'Z'} ({now:yyyyMMdd'T'HHmmss'Z'} - 5 min.)");
        }

        if (at > now + Tolerance)
        {
            return ("SignatureDoesNotMatch", $"Signature not yet current: {date} is still later than {now + Tolerance:yyyyMMdd'T'HHmmss'Z'} ({now:yyyyMMdd'T'HHmmss'Z'} + 5 min.)");
        }

        var canonical = string.Join(
            '\n',
            [
                request.Method,
                request.Path,
                "",
                .. signedHeaders.Select(header => $"{header}:{request.Headers[header].Trim()}"),
                "",
                string.Join(';', signedHeaders),
                Hex(SHA256.HashData(request.Body)),
            ]);
        var toSign = string.Join('\n', Algorithm, date, $"{day}/{region}/{service}/aws4_request", Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical))));
        var signingKey = Hmac(Hmac(Hmac(Hmac(Encoding.UTF8.GetBytes("AWS4" + secret), day), region), service), "aws4_request");
        return parts["Signature"] == Hex(Hmac(signingKey, toSign))
            ? null
            : ("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.");
    }

    private static byte[] Hmac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
