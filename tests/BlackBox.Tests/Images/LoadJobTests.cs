using BlackBox.Tests.Elb;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Images;

/// <summary>The Job of examples/graceful-app that counts failures: its own words in a shell, for one second in place of 120.</summary>
public sealed class LoadJobTests
{
    [Fact]
    public async Task It_succeeds_where_every_request_does()
    {
        await using var app = new LoopbackHttp(_ => new HttpReply(200, "served"));
        await using var load = Start(app.Port);

        await load.ExitsWithAsync(0);
        Assert.Matches("^200 [1-9][0-9]*\n$", load.Stdout.Text);
    }

    [Fact]
    public async Task It_fails_where_one_is_answered_with_a_failure()
    {
        var asked = 0;
        await using var app = new LoopbackHttp(_ => new HttpReply(Interlocked.Increment(ref asked) == 50 ? 503 : 200, "served"));
        await using var load = Start(app.Port);

        await load.ExitsWithAsync(1);
        Assert.Contains("503 1", load.Stdout.Lines);
    }

    [Fact]
    public async Task It_fails_where_one_is_refused()
    {
        using var app = DeadPort.Refusing();
        await using var load = Start(app.Port);

        await load.ExitsWithAsync(1);
        Assert.StartsWith("000 ", load.Stdout.Text, StringComparison.Ordinal);
    }

    private static Child Start(int port)
    {
        var command = Manifests.Of("examples/graceful-app/load.yaml")[0].At("spec", "template", "spec", "containers")!.Items[0].At("command")!.Items[^1].Text
            .Replace("+ 120", "+ 1", StringComparison.Ordinal)
            .Replace("http://graceful-app/", $"http://127.0.0.1:{port}/", StringComparison.Ordinal);
        return new OnHost { Environment = new() { ["PATH"] = "/usr/local/bin:/usr/bin:/bin" } }.Run(SystemProgram.Busybox, "sh", "-c", command);
    }
}
