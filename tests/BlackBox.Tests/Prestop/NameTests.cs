using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Prestop;

/// <summary>Names as a pod resolves them: its own resolv.conf and hosts file, a real name server.</summary>
public sealed class NameTests : IAsyncLifetime
{
    private TestNetwork _network = null!;
    private ClusterDns _dns = null!;
    private FaultyServer _server = null!;
    private FaultyServer _server6 = null!;

    public async ValueTask InitializeAsync()
    {
        _network = await TestNetwork.CreateAsync();
        _dns = await ClusterDns.StartAsync(_network, new DnsRecords
        {
            Addresses =
            {
                ["api.ns.svc.cluster.local"] = ["127.0.0.1"],
                ["other.elsewhere.svc.cluster.local"] = ["127.0.0.1"],
                ["six.test"] = ["::1"],
                ["both.test"] = ["127.0.0.1", "::1"],
            },
            Aliases = { ["alias.test"] = "api.ns.svc.cluster.local" },
            SilentDomains = ["silent.test"],
        });
        _server = new FaultyServer.Listen { Network = _network }.Start();
        _server6 = new FaultyServer.Listen { Network = _network, Address = System.Net.IPAddress.IPv6Loopback }.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _server6.DisposeAsync();
        await _dns.DisposeAsync();
        _network.Dispose();
    }

    private EmptyRoot Pod => new() { Network = _network, ResolvConf = ClusterDns.ResolvConf, Hosts = "127.0.0.1 localhost\n" };

    [Theory]
    [InlineData("api")]
    [InlineData("other.elsewhere")]
    [InlineData("api.ns.svc.cluster.local")]
    [InlineData("api.ns.svc.cluster.local.")]
    [InlineData("alias.test")]
    [InlineData("both.test")]
    public async Task A_name_of_the_cluster_is_found(string name)
    {
        await Pod.EndsAsync(0, $"http://{name}:{_server.Port}/");

        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task A_name_with_IPv6_addresses_only_is_found()
    {
        await Pod.EndsAsync(0, $"http://six.test:{_server6.Port}/");

        Assert.Single(_server6.Requests);
    }

    [Fact]
    public async Task Every_address_of_a_name_is_tried()
    {
        await Pod.EndsAsync(0, $"http://both.test:{_server6.Port}/");

        Assert.Single(_server6.Requests);
    }

    [Fact]
    public async Task A_name_in_the_hosts_file_is_found()
    {
        await (Pod with { Hosts = "127.0.0.1 localhost\n127.0.0.1 aliased.test\n" }).EndsAsync(0, $"http://aliased.test:{_server.Port}/");

        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task A_name_in_the_hosts_file_needs_no_name_server()
    {
        await (Pod with { ResolvConf = null, Hosts = "127.0.0.1 aliased.test\n" }).EndsAsync(0, $"http://aliased.test:{_server.Port}/");

        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task A_name_that_appears_late_is_waited_for()
    {
        var url = $"http://late.test:{_server.Port}/";
        await using var run = Pod.Prestop("--interval", "1ms", url);
        await run.WaitForLineAsync($"{url}: the name does not resolve");

        await _dns.PublishAsync("late.test", "127.0.0.1");

        await run.ExitsWithAsync(0);
    }

    [Theory]
    [InlineData("nothing.test", "the name does not resolve")]
    [InlineData("www.silent.test.", "connecting timed out")]
    public async Task A_name_that_cannot_be_resolved_does_not_show_that_something_is_gone(string name, string words)
    {
        var run = await Pod.EndsAsync(124, "--interval", "1ms", "--connect-timeout", "100ms", "--max", "0.6", $"gone:http://{name}/");

        Assert.Contains(words, run.Stderr.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_server_that_does_not_answer_does_not_delay_a_signal()
    {
        await using var run = Pod.Prestop("--connect-timeout", "1h", "http://www.silent.test./");
        await _dns.WaitForQueryAsync("www.silent.test");

        await run.SignalAsync(Signal.Terminate);

        await run.ExitsWithAsync(143);
    }

    [Fact]
    public async Task Without_resolv_conf_and_hosts_an_address_is_enough()
    {
        await (Pod with { ResolvConf = null, Hosts = null }).EndsAsync(0, $"http://127.0.0.1:{_server.Port}/");
    }
}
