using System.Text;
using Prestop.Elb.Access;
using Prestop.Elb.Client;
using Prestop.Elb.Tests.ElbService;
using Prestop.Testing;
using Xunit;

namespace Prestop.Elb.Tests.Client;

public class RequestSignatureTests
{
    private static readonly DateTimeOffset At = new(2015, 8, 30, 12, 36, 0, TimeSpan.Zero);

    // The published Signature Version 4 test suite: post-x-www-form-urlencoded and post-x-www-form-urlencoded-parameters.
    [Theory]
    [InlineData("application/x-www-form-urlencoded", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a")]
    [InlineData("application/x-www-form-urlencoded; charset=utf8", "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe")]
    public void The_published_vectors_are_met(string contentType, string signature)
    {
        using var request = Signed("https://example.amazonaws.com/", "Param1=value1", contentType, null, "service");

        Assert.Equal(
            $"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature={signature}",
            request.Headers.GetValues("Authorization").Single());
    }

    [Theory]
    [InlineData("https://elasticloadbalancing.us-east-1.amazonaws.com/", null)]
    [InlineData("http://127.0.0.1:4566/", "a-token/with+signs==")]
    [InlineData("http://[::1]:4566/path/to/it", "a-token")]
    public async Task A_server_finds_it_right_and_any_change_wrong(string address, string? token)
    {
        using var request = Signed(address, "Action=DescribeLoadBalancers", "application/x-www-form-urlencoded", token, "elasticloadbalancing");
        var headers = request.Headers.Concat(request.Content!.Headers).ToDictionary(pair => pair.Key.ToLowerInvariant(), pair => pair.Value.Single());
        var body = await request.Content.ReadAsByteArrayAsync();
        var seen = new HttpCall("POST", request.RequestUri!.AbsolutePath, headers, body);

        Assert.Null(Check(seen));
        Assert.Equal("SignatureDoesNotMatch", Check(seen with { Body = [.. body, (byte)'x'] })?.Code);
        Assert.Equal("SignatureDoesNotMatch", Check(seen with { Target = "/other" })?.Code);
        Assert.All(["host", "x-amz-date", "content-type"], name =>
        {
            var changed = headers.ToDictionary(pair => pair.Key, pair => pair.Key != name ? pair.Value : name == "x-amz-date" ? "20150830T123601Z" : pair.Value + "x");
            Assert.Equal("SignatureDoesNotMatch", Check(seen with { Headers = changed })?.Code);
        });

        (string Code, string Message)? Check(HttpCall asked) =>
            SignatureCheck.Problem(asked, ElbQueryService.AccessKey, ElbQueryService.Secret, token, "us-east-1", "elasticloadbalancing", At);
    }

    private static HttpRequestMessage Signed(string address, string body, string contentType, string? token, string service)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, address);
        RequestSignature.Sign(
            request, Encoding.ASCII.GetBytes(body), contentType, new AwsKeys(ElbQueryService.AccessKey, ElbQueryService.Secret, token), "us-east-1", service, At);
        return request;
    }
}
