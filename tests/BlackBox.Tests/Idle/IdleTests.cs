using System.Net;
using System.Net.Sockets;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Idle;

/// <summary>idle:// and closed:// in an empty root without privileges, against real connections in a network of the test's own.</summary>
public sealed class IdleTests : IAsyncLifetime
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(100);

    private TestNetwork _network = null!;
    private Traffic _traffic = null!;

    public async ValueTask InitializeAsync()
    {
        _network = await TestNetwork.CreateAsync();
        _traffic = new Traffic(_network);
    }

    public async ValueTask DisposeAsync()
    {
        await _traffic.DisposeAsync();
        _network.Dispose();
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("::1", true)]
    [InlineData("::1", false)]
    public async Task It_ends_after_the_traffic_has_and_no_sooner(string address, bool keepAlive)
    {
        await _traffic.BeginAsync(Often, keepAlive, IPAddress.Parse(address));
        await using var prestop = Prestop("--max", "50s", "idle://:8080");
        await prestop.WaitForLineAsync("last traffic");

        await _traffic.StopAsync();
        await prestop.ExitsWithAsync(0);

        Assert.True(_traffic.SinceLast >= Quiet, $"{_traffic.SinceLast} after the last byte");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Traffic_that_goes_on_holds_it_until_the_deadline(bool keepAlive)
    {
        await _traffic.BeginAsync(Often, keepAlive, IPAddress.Loopback);
        await using var prestop = Prestop("--quiet", "3s", "--max", "6s", "idle://:8080");

        await prestop.ExitsWithAsync(124);
    }

    [Fact]
    public async Task Traffic_that_comes_back_before_the_least_time_is_over_holds_it()
    {
        await using var prestop = Prestop("--min", "4s", "--max", "50s", "idle://:8080");
        await prestop.WaitForLineAsync("steps done; holding");

        await _traffic.BeginAsync(Often, keepAlive: true, IPAddress.Loopback);
        await prestop.WaitForLineAsync("last traffic");
        await _traffic.StopAsync();
        await prestop.ExitsWithAsync(0);

        Assert.True(_traffic.SinceLast >= Quiet, $"{_traffic.SinceLast} after the last byte");
    }

    [Fact]
    public async Task Without_proc_it_sees_the_same()
    {
        await _traffic.BeginAsync(Often, keepAlive: true, IPAddress.Loopback);
        await using var prestop = new EmptyRoot { Network = _network }.Run("prestop", "--quiet", "3s", "--max", "5s", "idle://:8080");

        await prestop.ExitsWithAsync(124);
        Assert.Contains("1 connection, last traffic", prestop.Stderr.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.0/8")]
    [InlineData("::1,127.0.0.1")]
    public async Task Clients_that_are_left_out_do_not_hold_it(string ignored)
    {
        await _traffic.BeginAsync(Often, keepAlive: false, IPAddress.Loopback);
        await using var prestop = Prestop("--max", "50s", "--ignore", ignored, "idle://:8080");

        await prestop.ExitsWithAsync(0);
    }

    [Fact]
    public async Task Connections_of_its_own_do_not_hold_it()
    {
        await using var prestop = Prestop("--any", "--interval", "50ms", "--max", "50s", "gone:tcp://127.0.0.1:8080", "idle://:8080");

        await prestop.ExitsWithAsync(0);
    }

    [Fact]
    public async Task A_client_that_has_the_addresses_that_prestop_had_is_not_taken_for_its_own()
    {
        await using var prestop = Prestop("--quiet", "2s", "--max", "8s", "tcp://127.0.0.1:8080", "tcp://127.0.0.1:8081", "idle://:8080");
        var client = await _traffic.FirstClient;
        await _traffic.BeginStreamAsync(IPAddress.Loopback, client.Port);
        using var gate = _network.Inside(() =>
        {
            var listener = new TcpListener(IPAddress.Loopback, 8081);
            listener.Start();
            return listener;
        });

        await prestop.ExitsWithAsync(124);
        Assert.Contains("1 connection, last traffic", prestop.Stderr.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_ports_do_not_hold_it()
    {
        await _traffic.BeginAsync(Often, keepAlive: false, IPAddress.Loopback);
        await using var prestop = Prestop("--max", "50s", "idle://:8081,9090");

        await prestop.ExitsWithAsync(0);
        Assert.Contains(
            "prestop: warning: idle://:8081,9090: nothing listens on port 8081, and nobody is connected to it: check the number",
            prestop.Stderr.Lines);
        Assert.EndsWith("no connection, no traffic seen for 1.0 s", prestop.Stderr.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_idle_connection_holds_closed_but_not_idle()
    {
        await _traffic.BeginAsync(Often, keepAlive: true, IPAddress.Loopback);
        await _traffic.StopAsync();

        await using var idle = Prestop("--max", "50s", "idle://:8080");
        await idle.ExitsWithAsync(0);
        await using var closed = Prestop("--max", "3s", "closed://:8080");
        await closed.ExitsWithAsync(124);
    }

    [Fact]
    public async Task Gone_ends_when_traffic_comes_and_not_before()
    {
        await using var prestop = Prestop("--max", "50s", "gone:idle://:8080");
        await prestop.WaitForLineAsync("no traffic seen");

        await _traffic.BeginAsync(Often, keepAlive: false, IPAddress.Loopback);

        await prestop.ExitsWithAsync(0);
    }

    [Fact]
    public async Task Where_netlink_is_refused_the_tables_under_proc_serve_and_what_they_cannot_see_is_said()
    {
        await using var prestop = new OnHost { Network = _network }.Run(
            SystemProgram.Strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace=socket", "-e", "inject=socket:error=EPERM",
            Repository.Published("prestop"), "--quiet", "1s", "--max", "50s", "idle://:8080");
        await prestop.WaitForLineAsync("/proc/net/tcp tells no times");

        await prestop.ExitsWithAsync(0);
    }

    [Theory]
    [InlineData("idle://:8080")]
    [InlineData("closed://:8080")]
    public async Task A_kernel_without_tcp_diag_is_no_empty_table_and_an_answer_that_streams_holds_it(string step)
    {
        await _traffic.BeginStreamAsync(IPAddress.Loopback);

        // The first question, number 1 for IPv4, becomes one about a protocol for which the kernel has no diagnosis, and it answers as
        // one without tcp_diag does: ENOENT.
        await using var prestop = new OnHost { Network = _network }.Run(
            SystemProgram.Strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace=sendto",
            "-e", "inject=sendto:poke_enter=@arg2=5400000014000103010000000000000002fd:when=1",
            Repository.Published("prestop"), "--quiet", "1s", "--max", "5s", step);

        await prestop.ExitsWithAsync(124);
        Assert.Contains(
            $"prestop: warning: {step}: netlink: this kernel has no tcp_diag; /proc/net/tcp tells no times: while a connection is open, every TCP segment of the pod counts",
            prestop.Stderr.Lines);
    }

    private Child Prestop(params string[] arguments) =>
        new EmptyRoot { Network = _network, Proc = true }.Run("prestop", ["--quiet", "1s", .. arguments]);
}
