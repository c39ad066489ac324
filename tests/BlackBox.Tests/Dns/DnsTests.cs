using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Dns;

/// <summary>dns:// with the resolver that is linked into the program: what it says for certain, and what it cannot tell.</summary>
public sealed class DnsTests : IAsyncLifetime
{
    private TestNetwork _network = null!;
    private ClusterDns _dns = null!;

    public async ValueTask InitializeAsync()
    {
        _network = await TestNetwork.CreateAsync();
        _dns = await ClusterDns.StartAsync(_network, new DnsRecords
        {
            Addresses = { ["api.ns.svc.cluster.local"] = ["10.96.0.10", "fd00::10"] },
            SilentDomains = ["silent.test"],
            WithoutAddress = ["text.test"],
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _dns.DisposeAsync();
        _network.Dispose();
    }

    [Theory]
    [InlineData("dns://api")]
    [InlineData("dns://api.ns.svc.cluster.local.")]
    [InlineData("gone:dns://nothing.test.")]
    [InlineData("gone:dns://nothing")]
    [InlineData("gone:dns://text.test.")]
    public async Task What_is_certain_ends_the_wait(string step)
    {
        await using var prestop = Prestop(ClusterDns.ResolvConf, "--max", "50s", step);

        await prestop.ExitsWithAsync(0);
    }

    [Theory]
    [InlineData("dns://nothing.test.", "the name does not exist")]
    [InlineData("dns://text.test.", "the name does not exist")]
    [InlineData("gone:dns://api", "and 1 more")]
    public async Task What_is_not_so_keeps_waiting(string step, string seen)
    {
        await using var prestop = Prestop(ClusterDns.ResolvConf, "--max", "1s", step);

        await prestop.ExitsWithAsync(124);
        Assert.Contains(seen, prestop.Stderr.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dns://a.silent.test.")]
    [InlineData("gone:dns://a.silent.test.")]
    [InlineData("gone:tcp://a.silent.test.:80")]
    [InlineData("gone:tcp://nothing.test.:80")]
    public async Task What_cannot_be_told_keeps_waiting(string step)
    {
        await using var prestop = Prestop(ClusterDns.ResolvConf + "options timeout:1 attempts:1\n", "--max", "4s", step);

        await prestop.ExitsWithAsync(124);
    }

    [Fact]
    public async Task A_name_server_that_is_not_there_leaves_it_untold()
    {
        await using var prestop = Prestop("nameserver 127.0.0.99\noptions timeout:1 attempts:1\n", "--max", "4s", "gone:dns://api");

        await prestop.ExitsWithAsync(124);
        Assert.Contains("the name server does not answer", prestop.Stderr.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FailingDns.A)]
    [InlineData(FailingDns.Aaaa)]
    public async Task A_failure_for_one_kind_of_address_leaves_it_untold_whatever_is_said_of_the_other(ushort failsFor)
    {
        using var dns = new FailingDns(_network, failsFor);

        await using var prestop = Prestop(FailingDns.ResolvConf + "options timeout:1 attempts:1\n", "--max", "3s", "gone:dns://api.test.");

        await prestop.ExitsWithAsync(124);
        Assert.Contains("the name server does not answer", prestop.Stderr.Text, StringComparison.Ordinal);
    }

    private Child Prestop(string resolvConf, params string[] arguments) =>
        new EmptyRoot { Network = _network, ResolvConf = resolvConf }.Run("prestop", arguments);
}
