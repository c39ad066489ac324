using Prestop.Kubernetes.Client;
using Prestop.Testing;
using Xunit;

namespace Prestop.Kubernetes.Tests;

public sealed class TrustTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = ClientFixture.Patience)]
    public Task A_server_of_another_authority_is_not_trusted() =>
        IsUntrustedAsync("not signed by a trusted authority", ServerIdentity.Create(), trusted: ServerIdentity.Good.AuthorityPem);

    [Fact(Timeout = ClientFixture.Patience)]
    public Task A_certificate_for_another_host_is_not_trusted() =>
        IsUntrustedAsync("for another name", ServerIdentity.Create(host: "elsewhere.example.com"));

    [Fact(Timeout = ClientFixture.Patience)]
    public Task A_certificate_that_has_expired_is_not_trusted() =>
        IsUntrustedAsync("expired", ServerIdentity.Create(expired: true));

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task A_bundle_of_several_authorities_trusts_each()
    {
        var bundle = ServerIdentity.Create().AuthorityPem + "\n" + ServerIdentity.Good.AuthorityPem;
        await using var fixture = new ClientFixture(trusted: bundle);

        Assert.True((await fixture.ListAsync(Cancellation)).Succeeded);
    }

    private static async Task IsUntrustedAsync(string reason, ServerIdentity identity, string? trusted = null)
    {
        await using var fixture = new ClientFixture(identity: identity, trusted: trusted);

        var error = (await fixture.ListAsync(Cancellation)).Error;

        Assert.Equal(ApiFault.Untrusted, error?.Fault);
        Assert.Contains(reason, error?.Message, StringComparison.Ordinal);
        Assert.Empty(fixture.Server.Requests);
    }
}
