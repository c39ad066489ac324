using Xunit;

namespace Prestopd.Tests.Sidecar;

/// <summary>The original's route table, row by row, before and after SIGTERM.</summary>
public sealed class RouteTableTests
{
    [Theory]
    [InlineData("/healthz", 200, 200, false)]
    [InlineData("/readyz", 200, 503, false)]
    [InlineData("/", 200, 503, true)]
    [InlineData("/anything/else", 200, 503, true)]
    [InlineData("/waitz/", 200, 503, true)]
    [InlineData("/healthz/", 200, 503, true)]
    [InlineData("/readyz/", 200, 503, true)]
    [InlineData("/READYZ", 200, 503, true)]
    [InlineData("*", 200, 200, false)]
    [InlineData("/./healthz", 200, 503, true)]
    [InlineData("//healthz", 200, 503, true)]
    public void A_route_answers_and_counts_as_the_original_does(string path, int serving, int draining, bool counts)
    {
        using var sidecar = new SidecarRig();

        Assert.Equal(serving, sidecar.Ask(path).Status);
        Assert.Equal(counts ? 1 : 0, sidecar.HitsInWindow);

        sidecar.Drain.Signal("terminated");
        Assert.Equal(draining, sidecar.Ask(path).Status);
        Assert.Equal(counts ? 2 : 0, sidecar.HitsInWindow);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("POST")]
    [InlineData("BREW")]
    public void Every_method_counts(string method)
    {
        using var sidecar = new SidecarRig();

        Assert.Equal(200, sidecar.Ask("/", method).Status);

        Assert.Equal(1, sidecar.HitsInWindow);
    }

    [Theory]
    [InlineData("/healthz", "10.0.0.9", "/healthz from 10.0.0.9:4711 current rate 0 requests in 6s\n")]
    [InlineData("/readyz", "10.0.0.9", "/readyz from 10.0.0.9:4711 status 200 current rate 0 requests in 6s\n")]
    [InlineData("/check", "10.0.0.9", "hit /check from 10.0.0.9:4711 status 200 current rate 1 requests in 6s\n")]
    [InlineData("/", "::1", "hit / from [::1]:4711 status 200 current rate 1 requests in 6s\n")]
    [InlineData("/", "::ffff:192.0.2.1", "hit / from 192.0.2.1:4711 status 200 current rate 1 requests in 6s\n")]
    [InlineData("/größe", "2001:db8::7", "hit /größe from [2001:db8::7]:4711 status 200 current rate 1 requests in 6s\n")]
    [InlineData("/a\n2022/12/29 11:54:48 bye", "10.0.0.9", "hit /a%0A2022/12/29 11:54:48 bye from 10.0.0.9:4711 status 200 current rate 1 requests in 6s\n")]
    public async Task The_body_and_the_log_line_are_the_same_text(string path, string from, string text)
    {
        using var sidecar = new SidecarRig("INTERVAL=6s");

        var answer = sidecar.Ask(path, from: from);

        Assert.Equal(text, answer.Body);
        Assert.Equal("text/plain; charset=utf-8", answer.ContentType);
        Assert.Equal([text.TrimEnd('\n')], await sidecar.LogAsync());
    }

    [Fact]
    public void A_path_of_any_length_is_answered_whole()
    {
        using var sidecar = new SidecarRig();
        var path = "/" + new string('ü', 8000);

        Assert.StartsWith($"hit {path} from ", sidecar.Ask(path).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_LOG_bodies_are_the_same_and_nothing_is_logged()
    {
        using var sidecar = new SidecarRig("LOG=no");

        Assert.Equal("hit / from 10.0.0.9:4711 status 200 current rate 1 requests in 10s\n", sidecar.Ask("/").Body);

        Assert.Empty(await sidecar.LogAsync());
    }

    [Fact]
    public void Metrics_are_not_counted_as_a_health_check()
    {
        using var sidecar = new SidecarRig();

        Assert.Equal(200, sidecar.Ask("/metrics").Status);

        Assert.Equal(0, sidecar.HitsInWindow);
    }

    [Theory]
    [InlineData("IGNORE=10.0.0.0/8", "10.0.0.9", null, false)]
    [InlineData("IGNORE=10.0.0.0/8", "192.0.2.1", null, true)]
    [InlineData("IGNORE=kube-probe/", "192.0.2.1", "kube-probe/1.34", false)]
    [InlineData("IGNORE=kube-probe/", "192.0.2.1", "ELB-HealthChecker/2.0", true)]
    [InlineData("IGNORE=kube-probe/", "192.0.2.1", null, true)]
    public void An_ignored_request_is_answered_and_not_counted(string ignore, string from, string? userAgent, bool counts)
    {
        using var sidecar = new SidecarRig(ignore);

        var answer = sidecar.Ask("/", from: from, userAgent: userAgent);

        Assert.Equal(200, answer.Status);
        Assert.StartsWith(counts ? "hit / from" : "ignored / from", answer.Body, StringComparison.Ordinal);
        Assert.Equal(counts ? 1 : 0, sidecar.HitsInWindow);
        sidecar.Drain.Signal("terminated");
        Assert.Equal(503, sidecar.Ask("/", from: from, userAgent: userAgent).Status);
    }
}
