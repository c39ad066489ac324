using System.Text.Json;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Prestop;

/// <summary>What is told of a wait, where and how.</summary>
public sealed class ReportTests
{
    [Fact]
    public async Task JSON_lines_are_objects_of_the_documented_members()
    {
        await using var server = FaultyServer.Start(Answer.Status(503), Answer.Status(200));

        var run = await InRoot.EndsAsync(0, "--log-format", "json", "-v", "--interval", "1ms", "--grace", "20s", server.Url(), "0.01", "--min", "0.2");

        List<JsonElement> lines = [.. run.Stderr.Lines.Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(
            ["warning", "started", "looked", "looked", "ended", "started", "ended", "holding", "done"],
            lines.Select(line => line.GetProperty("event").GetString()));
        Assert.All(lines, line => Assert.Equal(TimeSpan.Zero, line.GetProperty("time").GetDateTimeOffset().Offset));
        Assert.All(lines, line => Assert.Contains(line.GetProperty("level").GetString(), new[] { "info", "warning" }));
        Assert.Equal(("not-met", "status 503"), (lines[2].GetProperty("finding").GetString(), lines[2].GetProperty("seen").GetString()));
        Assert.Equal(server.Url(), lines[2].GetProperty("step").GetString());
        Assert.Equal("met", lines[4].GetProperty("end").GetString());
        Assert.Equal(25, lines[1].GetProperty("max_seconds").GetDouble());
        Assert.True(lines[^1].GetProperty("elapsed_seconds").GetDouble() >= 0.2);
    }

    [Fact]
    public async Task A_failure_is_an_error_in_JSON()
    {
        using var nobody = DeadPort.Refusing();

        var run = await InRoot.EndsAsync(124, "--log-format", "json", "-q", "--max", "0.1", nobody.Url());

        var line = JsonDocument.Parse(Assert.Single(run.Stderr.Lines)).RootElement;
        Assert.Equal(
            ("error", "failed", "deadline-exceeded", "connection refused"),
            (line.GetProperty("level").GetString(), line.GetProperty("event").GetString(), line.GetProperty("end").GetString(), line.GetProperty("seen").GetString()));
    }

    [Theory]
    [InlineData("fell-back", "--fallback", "0.1")]
    [InlineData("deadline-exceeded", "--max", "0.1", "--on-failure", "continue")]
    public async Task What_was_passed_over_is_told_as_such(string end, params string[] options)
    {
        using var nobody = DeadPort.Refusing();

        var run = await InRoot.EndsAsync(0, ["--log-format", "json", "-q", .. options, nobody.Url(), "1ms"]);

        var line = JsonDocument.Parse(Assert.Single(run.Stderr.Lines)).RootElement;
        Assert.Equal(
            ("warning", "went-on", end, nobody.Url(), "connection refused"),
            (line.GetProperty("level").GetString(), line.GetProperty("event").GetString(), line.GetProperty("end").GetString(),
                line.GetProperty("step").GetString(), line.GetProperty("seen").GetString()));
    }

    [Fact]
    public async Task A_silent_success_says_nothing() => Assert.Empty((await InRoot.EndsAsync(0, "-q", "0.01")).Stderr.Text);

    [Fact]
    public async Task A_silent_failure_says_why()
    {
        using var nobody = DeadPort.Refusing();

        var run = await InRoot.EndsAsync(124, "--silent", "--max", "0.1", nobody.Url());

        Assert.Matches(@"^prestop: deadline exceeded after \d+(\.\d+)?m?s: connection refused$", Assert.Single(run.Stderr.Lines));
    }

    [Fact]
    public async Task Every_attempt_is_told_when_asked_for()
    {
        await using var server = FaultyServer.Start(Answer.Status(503), Answer.Status(503), Answer.Status(200));

        var run = await InRoot.EndsAsync(0, "--verbose", "--interval", "1ms", server.Url());

        Assert.Equal(["status 503", "status 503", "status 200"],
            run.Stderr.Lines.Where(line => line.StartsWith($"prestop: {server.Url()}: ", StringComparison.Ordinal)).Select(line => line[^10..]));
    }

    [Fact]
    public async Task A_terminal_shows_one_line_that_is_replaced()
    {
        using var nobody = DeadPort.Refusing();

        var run = await (new EmptyRoot { Stderr = Stdio.Terminal }).EndsAsync(124, "--interval", "1ms", "--max", "0.4", nobody.Url());

        var parts = run.Stderr.Text.Split("\r\e[K");
        Assert.True(parts.Length > 2, run.Stderr.Text);
        Assert.Empty(parts[0]);
        Assert.All(parts[1..^1], part => Assert.Matches("^prestop: http[^\r\n]*400ms\\)$", part));
        Assert.All(parts[1..^1], part => Assert.True(part.Length < 80, part));
        Assert.Matches("^prestop: deadline exceeded after [^\r\n]*\r\n$", parts[^1]);
    }

    [Fact]
    public async Task The_live_line_is_cut_to_the_terminal()
    {
        await using var run = (new EmptyRoot { Stderr = Stdio.Terminal, Offline = true }).Prestop("http://127.0.0.1:9/" + new string('x', 200));
        await run.WaitUntilAsync(child => child.Stderr.Text.Split("\r\e[K").Length > 2, "a second live line");

        Assert.All(run.Stderr.Text.Split("\r\e[K")[1..^1], part => Assert.Equal(79, part.Length));
    }

    [Fact]
    public async Task The_first_process_of_the_container_gets_the_log_when_asked_for()
    {
        var (log, hook) = await AsHookAsync("", "/prestop --log-to pid1 0.01");

        Assert.Equal(["application", "prestop: sleeping 10ms", "prestop: done after"], log.Select(line => line.Split(" after")[0] + (line.Contains(" after", StringComparison.Ordinal) ? " after" : "")));
        Assert.Empty(hook);
    }

    [Fact]
    public async Task Why_it_failed_stands_on_standard_error_too_where_the_kubelet_takes_it_from()
    {
        var (log, hook) = await AsHookAsync("", "/prestop --log-to pid1 --max 0.01 inf");

        Assert.Equal([log[^1]], hook);
        Assert.StartsWith("prestop: deadline exceeded after", hook[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PRESTOP_LOG_TO=pid1 /prestop 5M", "prestop: '5M': not a duration; write 5m")]
    [InlineData("/prestop --log-to pid1 0 -- /no/such", "prestop: '/no/such': not found; give a path, or a name in PATH")]
    public async Task What_cannot_be_used_is_told_there_as_well(string command, string reason)
    {
        var (log, hook) = await AsHookAsync("", command);

        Assert.Contains(reason, log);
        Assert.Contains(reason, hook);
    }

    [Theory]
    [InlineData("exec 2>/dev/null", "the container's first process has /dev/null as its standard error")]
    [InlineData("exec 2>&-", "the container's first process has no standard error")]
    public async Task Where_the_first_process_has_no_log_it_says_so_and_writes_to_standard_error(string first, string words)
    {
        var (_, hook) = await AsHookAsync(first, "/prestop --log-to pid1 0.01");

        Assert.Equal([$"prestop: warning: --log-to pid1: {words}; this log goes to standard error", "prestop: sleeping 10ms"], hook[..2]);
    }

    // A shell is process 1; prestop is started by it as a hook is, with another standard error. The log is a file: a pipe would belong to the
    // user who runs the tests, where container runtimes give theirs to the container's user.
    private static async Task<(string[] Log, string[] Hook)> AsHookAsync(string first, string command)
    {
        using var volume = new TemporaryFolder();
        File.SetUnixFileMode(volume.Path, (UnixFileMode)0b111_111_111);
        var root = InRoot.WithBusybox with { Proc = true, AsPid1 = true, Volumes = new() { ["/run/v"] = volume.Path } };
        root.Files["/prestop"] = Repository.Published("prestop");

        await root.RunAsync(SystemProgram.Busybox, "sh", "-c",
            $"exec 2>>/run/v/log; echo application >&2; {first}\n/bin/busybox sh -c '{command} 2>/run/v/hook'; true");

        return (await File.ReadAllLinesAsync(volume["log"], TestContext.Current.CancellationToken), await File.ReadAllLinesAsync(volume["hook"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task In_a_pod_with_one_process_namespace_for_all_it_is_the_first_of_this_container()
    {
        // Process 1 is in another mount namespace, as the pause container is; the hook's container began with the inner shell.
        using var folder = new TemporaryFolder();
        await using var run = OnHost.Start(
            SystemProgram.Unshare, "--pid", "--fork", "--mount-proc", "/bin/sh", "-c",
            $"{SystemProgram.Unshare} --mount /bin/sh -c 'exec 2>>{folder["log"]}; /bin/sh {folder.Write("hook.sh", $"exec {Repository.Published("prestop")} --log-to pid1 0.01 2>{folder["hook"]}")}; true'; true");

        await run.ExitsWithAsync(0);

        Assert.Equal("prestop: sleeping 10ms", File.ReadAllLines(folder["log"])[0]);
        Assert.Empty(File.ReadAllText(folder["hook"]));
    }

    [Fact]
    public async Task A_first_process_of_another_user_is_told()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_101_101);
        File.Copy(Repository.Published("prestop"), folder["prestop"]);
        await using var run = OnHost.Start(
            SystemProgram.Unshare, "--pid", "--fork", "--mount-proc", "/bin/sh", "-c",
            $"{SystemProgram.Setpriv} --reuid 54322 --regid 54322 --clear-groups {folder["prestop"]} --log-to pid1 0.01; true");

        await run.ExitsWithAsync(0);

        Assert.Equal(
            "prestop: warning: --log-to pid1: the container's first process may not be looked into; run as its user; this log goes to standard error",
            run.Stderr.Lines[0]);
    }

    [Fact]
    public async Task Without_proc_standard_error_gets_the_log()
    {
        var run = await InRoot.EndsAsync(0, "--log-to", "pid1", "0.01");

        Assert.Equal("prestop: sleeping 10ms", run.Stderr.Lines[1]);
    }

    [Fact]
    public async Task A_live_line_counts_the_columns_that_characters_take()
    {
        await using var run = (new EmptyRoot { Stderr = Stdio.Terminal }).Prestop("file:///" + string.Concat(Enumerable.Repeat("\u6e2f\u0301", 100)));
        await run.WaitUntilAsync(child => child.Stderr.Text.Split("\r\e[K").Length > 2, "a second live line");

        // 79 columns: "prestop: file:///" takes 17, each character two, its accent none.
        Assert.All(run.Stderr.Text.Split("\r\e[K")[1..^1], part => Assert.Equal(31, part.Count(symbol => symbol == '\u6e2f')));
    }

    [Fact]
    public async Task Control_characters_are_shown_and_not_carried_out()
    {
        var run = await InRoot.EndsAsync(124, "--max", "0.1", "http://127.0.0.1:9/\e[31m\u0007");

        Assert.DoesNotContain(run.Stderr.Text, symbol => char.IsControl(symbol) && symbol != '\n');
    }

    [Fact]
    public async Task Help_fits_a_terminal_of_80_columns_and_names_everything()
    {
        var run = await InRoot.EndsAsync(0, "--help");

        Assert.All(run.Stdout.Lines, line => Assert.InRange(line.Length, 0, 80));
        Assert.All(run.Stdout.Lines, line => Assert.Equal(line.TrimEnd(), line));
        foreach (var word in new[] { "DURATION", "http://", "https://", "gone:STEP", "--max", "-H, --header", "--dry-run", "install DIR", "$(NAME)", "124", "127" })
        {
            Assert.Contains(word, run.Stdout.Text, StringComparison.Ordinal);
        }

        Assert.Empty(run.Stderr.Text);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h", "--bogus-value=", "5M")]
    [InlineData("-qh")]
    public async Task Help_is_given_whatever_else_there_is(params string[] arguments) =>
        Assert.StartsWith("Usage: prestop ", (await InRoot.EndsAsync(0, arguments)).Stdout.Text, StringComparison.Ordinal);

    [Fact]
    public async Task The_version_is_a_line() =>
        Assert.Matches(@"^prestop \d+\.\d+\.\d+\n$", (await InRoot.EndsAsync(0, "--version")).Stdout.Text);
}
