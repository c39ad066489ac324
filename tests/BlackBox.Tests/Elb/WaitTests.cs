using Prestop.Elb.Tests.ElbService;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Elb;

/// <summary><c>prestopd elb wait</c>, and how AWS and the cluster are reached.</summary>
public sealed class WaitTests
{
    private static readonly string[] Web = ["elb", "wait", "--ip", ElbPod.Ip, "--namespace", "shop", "--ingress", "web", "--interval", "1s"];

    [Fact]
    public async Task It_ends_with_0_when_the_pod_is_out_and_tells_its_course()
    {
        await using var pod = await ElbPod.CreateAsync();
        await using var wait = pod.Program(asPid1: false, [.. Web, "--kubeconfig", "/kubeconfig", "--aws-region", pod.Model.Region]);
        await wait.WaitForLineAsync("10.0.1.7:8080 in k8s-shop-web: healthy");

        pod.Web.Set(ElbPod.Ip, "unused", "Target.NotInUse");

        await wait.ExitsWithAsync(0);
        Assert.Contains("10.0.1.7: waits on ingress/web in shop, at most 1m", wait.Stderr.Text, StringComparison.Ordinal);
        Assert.Contains("10.0.1.7: drained after ", wait.Stderr.Lines[^1], StringComparison.Ordinal);
        Assert.Empty(wait.Stdout.Lines);
    }

    [Theory]
    [InlineData(124, "--max-delay", "1")]
    [InlineData(125, "--ingress", "wep")]
    [InlineData(2, "--ip", "10.0.1")]
    [InlineData(2, "--service", "web")]
    [InlineData(2, "--max-dealy", "1")]
    [InlineData(0, "--max-delay", "15s", "--settle", "0", "--ip", "10.0.1.99")]
    public async Task Its_exit_code_is_prestops(int code, params string[] more)
    {
        await using var pod = await ElbPod.CreateAsync();
        pod.Variables["KUBECONFIG"] = "/kubeconfig";

        await using var wait = pod.Program(asPid1: false, [.. Web, .. more]);

        await wait.ExitsWithAsync(code);
    }

    [Fact]
    public async Task A_signal_ends_it_with_128_and_its_number()
    {
        await using var pod = await ElbPod.CreateAsync();
        await using var wait = pod.Program(asPid1: false, [.. Web, "--kubeconfig", "/kubeconfig"]);
        await wait.WaitForLineAsync("10.0.1.7:8080 in k8s-shop-web: healthy");

        await wait.SignalAsync(Signal.Terminate);

        await wait.ExitsWithAsync(143);
    }

    [Fact]
    public async Task A_target_group_needs_no_cluster()
    {
        await using var pod = await ElbPod.CreateAsync();
        pod.Net.Set(ElbPod.Ip, "unused", "Target.NotInUse");

        await using var wait = pod.Program(asPid1: false, "elb", "wait", "--ip", ElbPod.Ip, "--target-group", pod.Net.Arn);

        await wait.ExitsWithAsync(0);
        Assert.Empty(pod.Asked);
    }

    [Fact]
    public async Task A_profile_has_its_keys_and_region()
    {
        await using var pod = await ElbPod.CreateAsync();
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY" })
        {
            pod.Variables.Remove(name);
        }

        pod.Variables["AWS_CONFIG_FILE"] = "/config";
        pod.Files["/config"] = folder.Write(
            "config", $"[profile ours]\nregion = {pod.Model.Region}\naws_access_key_id = {ElbQueryService.AccessKey}\naws_secret_access_key = {ElbQueryService.Secret}\n");
        pod.Web.Set(ElbPod.Ip, "unused", "Target.NotInUse");

        await using var wait = pod.Program(asPid1: false, [.. Web, "--kubeconfig", "/kubeconfig", "--aws-profile", "ours"]);

        await wait.ExitsWithAsync(0);
    }

    [Fact]
    public async Task A_role_of_the_service_account_is_asked_for_over_TLS_that_the_bundle_of_the_image_vouches_for()
    {
        await using var pod = await ElbPod.CreateAsync();
        using var certificates = new Certificates();
        using var folder = new TemporaryFolder();
        var answer = Answer.Status(200, $"""
            <AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>{ElbQueryService.AccessKey}</AccessKeyId>
            <SecretAccessKey>{ElbQueryService.Secret}</SecretAccessKey><SessionToken>session</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
            </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
            """);
        await using var sts = new FaultyServer.Listen { Network = pod.Network, Certificate = certificates.Good }.Start(answer);
        await using var stranger = new FaultyServer.Listen { Network = pod.Network, Certificate = certificates.Untrusted }.Start(answer);
        pod.Api.SessionToken = "session";
        pod.Web.Set(ElbPod.Ip, "unused", "Target.NotInUse");
        pod.Variables.Remove("AWS_ACCESS_KEY_ID");
        pod.Variables.Remove("AWS_SECRET_ACCESS_KEY");
        pod.Variables["AWS_ROLE_ARN"] = "arn:aws:iam::123456789012:role/prestop-elb";
        pod.Variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/token";
        pod.Files["/token"] = folder.Write("token", "a-token");
        pod.Files["/etc/ssl/certs/ca-certificates.crt"] = certificates.BundleFile;

        pod.Variables["AWS_ENDPOINT_URL_STS"] = sts.Url();
        await using (var trusting = pod.Program(asPid1: false, [.. Web, "--kubeconfig", "/kubeconfig"]))
        {
            await trusting.ExitsWithAsync(0);
        }

        Assert.Contains("WebIdentityToken=a-token", sts.Requests[0].Body, StringComparison.Ordinal);

        pod.Variables["AWS_ENDPOINT_URL_STS"] = stranger.Url();
        await using var wary = pod.Program(asPid1: false, [.. Web, "--kubeconfig", "/kubeconfig", "--max-delay", "30"]);
        await wary.ExitsWithAsync(125);
        Assert.Empty(stranger.Requests);
    }
}
