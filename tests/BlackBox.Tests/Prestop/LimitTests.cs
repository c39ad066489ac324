using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Prestop;

/// <summary>Where the kernel gives no more threads, files or sockets, one line says so, and no wait hangs or aborts.</summary>
public sealed class LimitTests : IAsyncLifetime
{
    // RLIMIT_NPROC counts the processes of a user: nobody else may be this one.
    private const string User = "54321";

    private readonly TemporaryFolder _folder = new();
    private readonly FaultyServer _server = FaultyServer.Start();
    private string _prestop = "";

    public ValueTask InitializeAsync()
    {
        File.SetUnixFileMode(_folder.Path, (UnixFileMode)0b111_101_101);
        _prestop = _folder["prestop"];
        File.Copy(Repository.Published("prestop"), _prestop);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_pause_needs_no_thread_but_the_runtimes_own()
    {
        await using var run = WithTasks(2, "10ms");

        await run.ExitsWithAsync(0);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task With_few_tasks_it_says_what_it_lacks_or_does_its_work(int tasks)
    {
        foreach (var steps in new string[][] { ["tcp://127.0.0.1:1"], [_server.Url()], ["dns://localhost"], ["idle://:1", "--quiet", "10ms"], ["--any", "tcp://127.0.0.1:1", "tcp://127.0.0.1:2", "dns://nothing"] })
        {
            await using var run = WithTasks(tasks, ["--max", "300ms", .. steps]);
            var end = await run.ExitAsync();

            Assert.True(end == ExitStatus.With(0) || end == ExitStatus.With(124) || end == ExitStatus.With(125), run.ToString());
            Assert.True(end != ExitStatus.With(125) || run.Stderr.Lines[^1].EndsWith("raise the pod's pids limit, or 'ulimit -u'", StringComparison.Ordinal), run.ToString());
            Assert.All(run.Stderr.Lines, line => Assert.StartsWith("prestop: ", line, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Without_threads_to_look_with_the_fallback_holds()
    {
        await using var run = WithTasks(3, "--fallback", "50ms", _server.Url());

        await run.ExitsWithAsync(0);
        Assert.Empty(_server.Requests);
    }

    [Theory]
    [InlineData("EPERM", 125, "Unix-domain sockets are not allowed here; a seccomp profile may deny them")]
    [InlineData("EMFILE", 124, "too many open files; raise the limit, 'ulimit -n'")]
    public async Task A_unix_socket_that_cannot_be_made_is_told_and_beyond_a_limit_tried_again(string error, int exitCode, string words)
    {
        await using var run = OnHost.Start(
            SystemProgram.Strace, "-f", "-o", "/dev/null", "-e", "trace=socket", "-e", $"inject=socket:error={error}", _prestop, "--max", "2s", "unix:///etc/passwd");

        await run.ExitsWithAsync(exitCode);
        Assert.Contains(words, run.Stderr.Lines[^1], StringComparison.Ordinal);
    }

    private Child WithTasks(int count, params string[] arguments) =>
        OnHost.Start(SystemProgram.Setpriv, ["--reuid", User, "--regid", User, "--clear-groups", SystemProgram.Prlimit, $"--nproc={count}", _prestop, .. arguments]);
}
