using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Testing;

public sealed class TestNetworkTests : IAsyncLifetime
{
    private TestNetwork _network = null!;
    private ClusterDns _dns = null!;

    public async ValueTask InitializeAsync()
    {
        _network = await TestNetwork.CreateAsync();
        _dns = await ClusterDns.StartAsync(_network, new DnsRecords
        {
            Addresses =
            {
                ["api.ns.svc.cluster.local"] = ["10.96.0.10", "fd00::10"],
                ["other.elsewhere.svc.cluster.local"] = ["10.96.0.11"],
                ["big.test"] = [.. Enumerable.Range(1, 60).Select(last => $"10.1.0.{last}")],
            },
            Aliases = { ["alias.test"] = "api.ns.svc.cluster.local" },
            SilentDomains = ["silent.test"],
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _dns.DisposeAsync();
        _network.Dispose();
    }

    // glibc's own resolver, which is also inside the published programs, through the mounted /etc/resolv.conf.
    private Child Lookup(string name, string resolvConf = ClusterDns.ResolvConf) => new EmptyRoot
    {
        Network = _network,
        ResolvConf = resolvConf,
        Files = { ["/usr"] = "/usr", ["/lib"] = "/lib", ["/lib64"] = "/lib64" },
    }.Run(SystemProgram.Getent, "ahosts", name);

    private static IEnumerable<string> Addresses(Child lookup) => lookup.Stdout.Lines.Select(line => line.Split(' ')[0]).Distinct();

    [Theory]
    [InlineData("api")]
    [InlineData("alias.test.")]
    public async Task A_short_name_is_found_through_the_search_domains_and_an_alias_by_its_target(string name)
    {
        await using var lookup = Lookup(name);

        await lookup.ExitsWithAsync(0);

        Assert.Equal(["10.96.0.10", "fd00::10"], Addresses(lookup).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_name_with_fewer_than_five_dots_tries_the_search_domains_first()
    {
        await using var lookup = Lookup("other.elsewhere");

        await lookup.ExitsWithAsync(0);

        Assert.Equal(["10.96.0.11"], Addresses(lookup));
        Assert.Equal(
            ["other.elsewhere.ns.svc.cluster.local", "other.elsewhere.svc.cluster.local"],
            _dns.Queries.Where(query => query.Type == "A").Select(query => query.Name).Distinct());
    }

    [Fact]
    public async Task An_unknown_name_does_not_exist()
    {
        await using var lookup = new EmptyRoot { Network = _network }.Run(SystemProgram.Busybox, "nslookup", "nothing.test", "127.0.0.1");

        await lookup.ExitsWithAsync(1);

        Assert.Contains("NXDOMAIN", lookup.Stdout.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silent_domain_is_asked_and_never_answers()
    {
        await using var lookup = Lookup("www.silent.test.", "nameserver 127.0.0.1\noptions timeout:60 attempts:1\n");

        await _dns.WaitForQueryAsync("www.silent.test");
        await lookup.SignalAsync(Signal.Terminate);

        await lookup.ExitsWithAsync(128 + Signal.Terminate);
        Assert.Empty(lookup.Stdout.Text);
    }

    [Fact]
    public async Task An_answer_too_long_for_UDP_comes_whole_by_TCP()
    {
        await using var lookup = Lookup("big.test.");

        await lookup.ExitsWithAsync(0);

        Assert.Equal(60, Addresses(lookup).Count());
        Assert.Equal([false, true], _dns.Queries.Where(query => query.Type == "A").Select(query => query.ByTcp).Take(2));
    }

    [Fact]
    public async Task Names_come_and_go_while_the_test_runs()
    {
        await _dns.PublishAsync("late.test", "10.96.0.12");
        await using var present = Lookup("late.test.");
        await present.ExitsWithAsync(0);
        Assert.Equal(["10.96.0.12"], Addresses(present));

        await _dns.WithdrawAsync("late.test");
        await using var absent = Lookup("late.test.");
        await absent.ExitsWithAsync(2);
    }

    [Fact]
    public async Task A_server_of_the_test_can_listen_inside_and_only_inside()
    {
        await using var server = new FaultyServer.Listen { Network = _network }.Start(Answer.Status(200, "inside"));

        await using var inside = new EmptyRoot { Network = _network }.Run(SystemProgram.Busybox, "wget", "-q", "-O", "-", server.Url());
        await inside.ExitsWithAsync(0);
        await using var outside = EmptyRoot.Start(SystemProgram.Busybox, "wget", "-q", "-O", "-", server.Url());
        await outside.ExitsWithAsync(1);

        Assert.Equal("inside", inside.Stdout.Text);
    }
}
