using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Sidecar;

/// <summary>SIGTERM at the worst moments of a life: its first milliseconds and its last.</summary>
public sealed class SignalTests
{
    [Fact]
    public async Task A_signal_that_comes_while_the_runtime_starts_is_not_lost()
    {
        // The first file that the runtime opens, long before managed code runs, takes 2 s to open.
        await using var sidecar = new OnHost { DieWithTests = true, Environment = SidecarPod.Variables("LOG=yes INTERVAL=100ms COOLDOWN=0 PORT=28470") }.Run(
            SystemProgram.Strace, "-D", "-qq", "-e", "trace=rt_sigaction,openat", "-e", "inject=openat:delay_enter=2000000:when=1", Repository.Published("prestopd"), "sidecar");
        await sidecar.WaitForLineAsync("rt_sigaction(SIGPIPE, {");

        await sidecar.SignalAsync(Signal.Terminate);

        await sidecar.ExitsWithAsync(0);
        Assert.Contains("received signal terminated", sidecar.Stderr.Text, StringComparison.Ordinal);
    }

    /// <summary>The first process of a PID namespace does not get a signal that it has no handler for; any other one dies of it (pid_namespaces(7)).</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Signals_between_the_release_and_the_exit_change_nothing(bool asPid1)
    {
        for (var i = 0; i < 20; i++)
        {
            await using var pod = await SidecarPod.StartAsync("INTERVAL=100ms COOLDOWN=0 TRIGGER=signal", asPid1: asPid1);
            using var hook = await pod.SendAsync("GET /waitz HTTP/1.1\r\nHost: pod\r\n\r\n");
            await pod.WaitForMetricAsync("prestopd_sidecar_waiters", 1);

            var program = await pod.Sidecar.ProgramAsync();
            await pod.Sidecar.SignalAsync(Signal.Terminate);
            await SidecarPod.ReadToEndAsync(hook);
            while (Libc.Kill(program, Signal.Terminate) == 0)
            {
                await Task.Yield();
            }

            await pod.Sidecar.ExitsWithAsync(0);
        }
    }

    [Fact]
    public async Task A_closed_stderr_does_not_keep_it_from_serving()
    {
        using var network = await TestNetwork.CreateAsync();
        await using var sidecar = new OnHost { DieWithTests = true, Network = network, Environment = SidecarPod.Variables("LOG=yes INTERVAL=100ms COOLDOWN=0") }.Run(
            SystemProgram.Busybox, "sh", "-c", "exec \"$0\" sidecar 2>&-", Repository.Published("prestopd"));
        await using var check = new OnHost { Network = network }.Run(
            SystemProgram.Curl, "--silent", "--fail", "--retry", "50", "--retry-connrefused", "--retry-delay", "1", "http://127.0.0.1:8080/check");
        await check.ExitsWithAsync(0);

        Assert.StartsWith("hit /check from 127.0.0.1:", check.Stdout.Text, StringComparison.Ordinal);
        await sidecar.SignalAsync(Signal.Terminate);
        await sidecar.ExitsWithAsync(0);
    }
}
