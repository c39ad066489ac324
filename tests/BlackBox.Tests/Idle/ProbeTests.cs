using System.Net;
using System.Text.Json;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Idle;

/// <summary>The kubelet's probes on a port that nobody else asks, from the default gateway of the pod.</summary>
public sealed class ProbeTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _stop = new();
    private PodsOnNode _pods = null!;
    private App _app = null!;
    private Task _probes = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        _pods = await PodsOnNode.CreateAsync(1);
        _app = new App(_pods.Place(1).InPod, new IPEndPoint(IPAddress.Any, App.Port));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _probes;
        _app.Dispose();
        _pods.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public async Task With_ignore_node_the_gateway_does_not_count_however_often_it_comes()
    {
        Probe(Check.Http, 0.3);
        await using var counted = Prestop("--quiet", "2s", "--max", "6s");
        await using var leftOut = Prestop("--quiet", "2s", "--max", "50s", "--ignore", "node");

        await leftOut.ExitsWithAsync(0);
        await counted.ExitsWithAsync(124);
        Assert.Contains($"; busiest: {PodLink.Gateway}: ", counted.Stderr.Lines[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Http")]
    [InlineData("Tcp")]
    public async Task A_probe_is_told_once_and_does_not_count_unless_it_is_asked_for(string check)
    {
        Probe(Enum.Parse<Check>(check), 1);
        await using var known = Prestop("--quiet", "3s", "--max", "50s");
        await using var counted = Prestop("--quiet", "3s", "--max", "8s", "--ignore", "none", "--log-format", "json");

        await counted.ExitsWithAsync(124);
        using var end = JsonDocument.Parse(counted.Stderr.Lines[^1]);
        var busiest = Assert.Single(end.RootElement.GetProperty("busiest").EnumerateArray());
        Assert.Equal(PodLink.Gateway.ToString(), busiest.GetProperty("address").GetString());
        Assert.InRange(busiest.GetProperty("new_connections_per_second").GetDouble(), 0.1, 10);

        await known.ExitsWithAsync(0);
        var note = Assert.Single(known.Stderr.Lines, line => line.EndsWith(" s, one small exchange each: taken for a probe", StringComparison.Ordinal));
        Assert.StartsWith($"prestop: idle://:{App.Port}: {PodLink.Gateway} connects every ", note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_max_comes_a_port_that_has_been_quiet_for_five_seconds_is_done_and_one_that_has_not_is_none()
    {
        await using var quiet = Prestop("--max", "6s");
        await using var notForLong = Prestop("--max", "4s");

        await notForLong.ExitsWithAsync(124);
        await quiet.ExitsWithAsync(0);
        Assert.Matches(@"^prestop: done after [\d.]+s: quiet for [\d.]+ s, as long as --max allows$", quiet.Stderr.Lines[^1]);
    }

    private void Probe(Check check, double period) =>
        _probes = Kubelet.ProbeAsync(_pods.Place(1), check, TimeSpan.FromSeconds(period), new Random(1), _stop.Token);

    private Child Prestop(params string[] arguments) =>
        new EmptyRoot { Network = _pods.Network(1), Proc = true }.Run("prestop", [.. arguments, $"idle://:{App.Port}"]);
}
