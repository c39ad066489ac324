using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Amazon.Runtime.Internal.Auth;
using Prestop.Elb.Access;

namespace Prestop.Elb.Client;

/// <summary>
/// Signs requests with a form as their body (Signature Version 4, "Create a signed AWS API request" in the IAM user guide). Only the
/// canonical request is made here; the keys and the signature are AWSSDK.Core's.
/// </summary>
internal static class RequestSignature
{
    /// <summary>Adds the headers that make up the signature.</summary>
    /// <param name="request">A POST whose URI has no query.</param>
    /// <param name="body">Its body.</param>
    /// <param name="contentType">Its content type.</param>
    /// <param name="keys">Who sends it.</param>
    /// <param name="region">The region it goes to.</param>
    /// <param name="service">The service's name in credentials: <c>elasticloadbalancing</c>.</param>
    /// <param name="at">The time, which AWS accepts if it is right to five minutes.</param>
    public static void Sign(
        HttpRequestMessage request, byte[] body, string contentType, AwsKeys keys, string region, string service, DateTimeOffset at)
    {
        var address = request.RequestUri!;
        var date = at.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var hasToken = keys.SessionToken is not null;
        var signedHeaders = "content-type;host;x-amz-date" + (hasToken ? ";x-amz-security-token" : "");
        var canonical = $"""
            POST
            {address.AbsolutePath}

            content-type:{contentType}
            host:{address.Authority}
            x-amz-date:{date}
            {(hasToken ? $"x-amz-security-token:{keys.SessionToken}\n" : "")}
            {signedHeaders}
            {Convert.ToHexStringLower(SHA256.HashData(body))}
            """;

        var signature = AWS4Signer.ComputeSignature(keys.AccessKey, keys.Secret, region, at.UtcDateTime, service, signedHeaders, canonical);
        request.Headers.Host = address.Authority;
        request.Headers.Add("X-Amz-Date", date);
        if (hasToken)
        {
            request.Headers.Add("X-Amz-Security-Token", keys.SessionToken);
        }

        request.Headers.TryAddWithoutValidation("Authorization", signature.ForAuthorizationHeader);
        request.Content = new ByteArrayContent(body) { Headers = { ContentType = MediaTypeHeaderValue.Parse(contentType) } };
    }
}
