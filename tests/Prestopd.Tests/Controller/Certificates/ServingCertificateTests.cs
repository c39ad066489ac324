using System.Text;
using Prestop.Testing.Cluster;
using Prestopd.Controller.Certificates;
using Xunit;

namespace Prestopd.Tests.Controller.Certificates;

/// <summary>Replicas that share a certificate in a Secret, and the API server's trust in it.</summary>
public sealed class ServingCertificateTests : IAsyncDisposable
{
    private const string Secret = "prestop-controller-tls";

    private readonly ControlledCluster _cluster = new(2);

    [Fact]
    public void Of_replicas_that_begin_at_once_one_makes_it() => _cluster.Run(async cluster =>
    {
        var (one, other) = (Certificate(0), Certificate(1));
        cluster.Replicas[0].Handler.Before = request =>
        {
            // The other one is faster by a moment.
            if (request.Method == HttpMethod.Post && !other.IsThere)
            {
                Assert.True(other.LookAsync(default).IsCompletedSuccessfully);
            }

            return null;
        };

        await one.LookAsync(default);

        Assert.True(one.IsThere);
        Assert.Equal(Shown(other), Shown(one));
        Assert.All(Bundles(), bundle => Assert.Equal(Data("ca.crt"), bundle));
        Assert.Equal("kubernetes.io/tls", cluster.Api.Store.Find(ApiKind.Secret, "prestop", Secret).Text("type"));
    });

    [Fact]
    public void A_Secret_that_was_made_for_it_is_filled() => _cluster.Run(async cluster =>
    {
        cluster.Put($$"""{"kind": "Secret", "metadata": {"name": "{{Secret}}", "namespace": "prestop"} }""");
        var certificate = Certificate(0);

        await certificate.LookAsync(default);

        Assert.True(certificate.IsThere);
        Assert.NotNull(Data("tls.crt"));
    });

    [Fact]
    public void A_new_one_is_shown_when_its_authority_has_been_trusted_for_a_while_and_the_old_one_stays_trusted() => _cluster.Run(async cluster =>
    {
        var (one, other) = (Certificate(0), Certificate(1));
        await one.LookAsync(default);
        await other.LookAsync(default);
        var old = Shown(one);
        cluster.Clock.Advance(TimeSpan.FromDays(61));

        await one.LookAsync(default);

        Assert.Equal((old, old), (Shown(one), Shown(other)));
        Assert.Equal(2, Encoding.UTF8.GetString(Convert.FromBase64String(Bundles()[0]!)).Split("BEGIN CERTIFICATE").Length - 1);

        await other.LookAsync(default);
        await one.LookAsync(default);

        Assert.NotEqual(old, Shown(one));
        Assert.Equal(Shown(one), Shown(other));
        Assert.Equal(TimeSpan.FromDays(90), one.Left);
    });

    [Fact]
    public void A_trust_that_was_reset_is_mended() => _cluster.Run(async cluster =>
    {
        var certificate = Certificate(0);
        await certificate.LookAsync(default);
        foreach (var kind in (ApiKind[])[ApiKind.MutatingWebhooks, ApiKind.ValidatingWebhooks])
        {
            cluster.Api.Change(kind, "", "prestop", configuration => configuration["webhooks"]![0]!["clientConfig"]!["caBundle"] = "AAAA");
        }

        await certificate.LookAsync(default);

        Assert.All(Bundles(), bundle => Assert.Equal(Data("ca.crt"), bundle));
    });

    [Theory]
    [InlineData("GET", "secrets")]
    [InlineData("POST", "secrets")]
    [InlineData("GET", "webhookconfigurations")]
    [InlineData("PATCH", "webhookconfigurations")]
    public void Without_the_right_to_do_so_there_is_none_and_it_looks_again(string method, string path) => _cluster.Run(async cluster =>
    {
        var certificate = Certificate(0);
        var isForbidden = true;
        cluster.First.Handler.Before = request =>
            isForbidden && request.Method.Method == method && request.RequestUri!.AbsolutePath.Contains(path, StringComparison.Ordinal) ? ClusterHandler.Refusal(403, "Forbidden") : null;
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30), cluster.Clock);
        var running = certificate.RunAsync(stop.Token);
        await cluster.WaitAsync(15);
        Assert.False(certificate.IsThere);
        Assert.NotNull(certificate.Context);

        isForbidden = false;
        await cluster.WaitAsync(10);

        Assert.True(certificate.IsThere);
        await running;
    });

    [Fact]
    public void One_that_is_due_serves_on_where_it_cannot_be_renewed() => _cluster.Run(async cluster =>
    {
        var certificate = Certificate(0);
        await certificate.LookAsync(default);
        cluster.First.Handler.Before = request => request.Method == HttpMethod.Patch ? ClusterHandler.Refusal(403, "Forbidden") : null;
        cluster.Clock.Advance(TimeSpan.FromDays(61));

        await certificate.LookAsync(default);

        Assert.Equal(TimeSpan.FromDays(29), certificate.Left);
    });

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private ServingCertificate Certificate(int replica)
    {
        var rig = _cluster.Replicas[replica].Rig;
        return new ServingCertificate(
            new CertificateSecret(rig.Api, "prestop", Secret, "prestop-controller", new TrustBundle(rig.Api, "prestop"), _cluster.Clock), rig.Log, _cluster.Clock);
    }

    private static string Shown(ServingCertificate certificate) => certificate.Context.TargetCertificate.Thumbprint;

    private string? Data(string key) => _cluster.Api.Store.Find(ApiKind.Secret, "prestop", Secret).At("data").Text(key);

    private string?[] Bundles() =>
    [
        .. ((ApiKind[])[ApiKind.MutatingWebhooks, ApiKind.ValidatingWebhooks])
            .Select(kind => _cluster.Api.Store.Find(kind, "", "prestop").Items("webhooks").Single().At("clientConfig").Text("caBundle")),
    ];
}
