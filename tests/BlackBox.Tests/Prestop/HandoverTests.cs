using System.Globalization;
using System.Text;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Prestop;

/// <summary>COMMAND finds everything as if it had been started in prestop's place.</summary>
public sealed class HandoverTests
{
    private const string Busybox = InRoot.Busybox;

    [Fact]
    public async Task Arguments_arrive_as_they_are()
    {
        var run = await InRoot.WithBusybox.EndsAsync(0, "-q", "0", "--", Busybox, "printf", "[%s]", "", "a b", "--max", "--", "-q", "@x", "grün", "$HOME", "*");

        Assert.Equal("[][a b][--max][--][-q][@x][grün][$HOME][*]", run.Stdout.Text);
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF_8_arrive_as_they_are()
    {
        var root = InRoot.WithBusybox with { Proc = true };

        // busybox's own printf makes the bytes, its shell starts prestop with them: a .NET test has no such strings.
        var run = await (root with { Files = new(root.Files) { ["/prestop"] = Repository.Published("prestop") } }).RunAsync(
            SystemProgram.Busybox, "sh", "-c",
            $"b=$({Busybox} printf 'a\\377\\300\\200b\\355\\262\\200c\\303'); exec /prestop -q 0 -- {Busybox} printf '%s|%s' \"$b\" grün");

        Assert.Equal("a\u00ff\u00c0\u0080b\u00ed\u00b2\u0080c\u00c3|gr\u00c3\u00bcn", Encoding.Latin1.GetString(run.Stdout.Bytes));
    }

    [Fact]
    public async Task References_are_replaced_from_the_environment_and_unset_ones_stay()
    {
        var root = InRoot.WithBusybox with { Environment = new() { ["NAME"] = "a b", ["OTHER"] = "$(NAME)", ["EMPTY"] = "" } };

        var run = await root.EndsAsync(0, "-q", "0", "--", Busybox, "printf", "[%s]",
            "$(NAME)", "x$(NAME)$(NAME)y", "$$(NAME)", "$(UNSET)", "$(OTHER)", "$(EMPTY)", "$NAME", "$(", "$(NAME");

        Assert.Equal("[a b][xa ba by][$(NAME)][$(UNSET)][$(NAME)][][$NAME][$(][$(NAME]", run.Stdout.Text);
    }

    [Fact]
    public async Task References_in_steps_and_options_are_replaced_too()
    {
        await using var server = FaultyServer.Start(Answer.Status(410));
        var root = new EmptyRoot
        {
            Environment =
            {
                ["POD_IP"] = "127.0.0.1", ["PORT"] = server.Port.ToString(CultureInfo.InvariantCulture), ["CODES"] = "410", ["TOKEN"] = "t", ["PAUSE"] = "1ms",
            },
        };

        await root.EndsAsync(0, "$(PAUSE)", "http://$(POD_IP):$(PORT)/", "--status", "$(CODES)", "-H", "X-Token: $(TOKEN)", "-H", "X-Text: $$(TOKEN)");

        Assert.Equal(("t", "$(TOKEN)"), (server.Requests[0].Headers["X-Token"], server.Requests[0].Headers["X-Text"]));
    }

    [Fact]
    public async Task The_environment_is_the_same_PRESTOP_variables_included()
    {
        var run = await (InRoot.WithBusybox with { Environment = new() { ["A"] = "1", ["PRESTOP_SILENT"] = "1", ["EMPTY"] = "" } })
            .EndsAsync(0, "0", "--", Busybox, "env");

        Assert.Equal(["A=1", "EMPTY=", "PRESTOP_SILENT=1", "PWD=/"], run.Stdout.Lines.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("0.01")]
    public async Task Signals_limits_and_processors_are_as_prestop_found_them(string step)
    {
        // Below a shell that ignores signals and lowers limits: once directly, once through prestop.
        const string look = "grep -E '^(Sig(Blk|Ign|Cgt)|ShdPnd|Threads|Cpus_allowed|NoNewPrivs|Seccomp|Speculation_|THP_enabled)' /proc/self/status";
        const string limits = "cat /proc/self/limits /proc/self/oom_score_adj /proc/self/comm /proc/self/personality";
        static string Script(string prefix) => $"trap '' HUP INT QUIT USR1 TERM; ulimit -Sn 100; ulimit -Sc 0; {prefix} {Busybox} {look}; {prefix} {Busybox} {limits}";
        var root = InRoot.WithBusybox with { Proc = true, Files = new() { [Busybox] = SystemProgram.Busybox, ["/prestop"] = Repository.Published("prestop") } };

        var direct = await root.RunAsync(SystemProgram.Busybox, "sh", "-c", Script(""));
        var through = await root.RunAsync(SystemProgram.Busybox, "sh", "-c", Script($"/prestop -q {step} --"));

        Assert.Contains(direct.Stdout.Lines, line => line.StartsWith("SigIgn:", StringComparison.Ordinal) && !line.EndsWith("0000000000000000", StringComparison.Ordinal));
        Assert.Equal(direct.Stdout.Text, through.Stdout.Text);
    }

    [Fact]
    public async Task A_broken_pipe_kills_the_command_as_it_would_without_prestop()
    {
        var run = await (InRoot.WithBusybox with { Stdout = Stdio.Broken }).EndsAsync(128 + Signal.Pipe, "0", "--", Busybox, "yes");

        Assert.Contains("done after", run.Stderr.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("http")]
    [InlineData("https")]
    public async Task No_more_files_are_open(string step)
    {
        using var certificates = new Certificates();
        await using var server = FaultyServer.Start();
        await using var tls = new FaultyServer.Listen { Certificate = certificates.Good }.Start();
        var root = InRoot.WithBusybox with { Proc = true };

        var run = await root.EndsAsync(0, "-q", "--insecure", step switch { "http" => server.Url(), "https" => tls.Url(), _ => step },
            "--", Busybox, "ls", "/proc/self/fd");

        Assert.Equal(["0", "1", "2", "3"], run.Stdout.Lines); // 3 is the folder that ls reads
    }

    [Theory]
    [InlineData(true, "1")]
    [InlineData(false, "2")]
    public async Task The_process_is_the_same_one(bool asPid1, string number)
    {
        var run = await (InRoot.WithBusybox with { AsPid1 = asPid1 }).EndsAsync(0, "-q", "0.01", "--", Busybox, "sh", "-c", "echo $$");

        Assert.Equal([number], run.Stdout.Lines);
    }

    [Fact]
    public async Task Its_exit_code_is_its_own() =>
        await InRoot.WithBusybox.EndsAsync(42, "0", "--", Busybox, "sh", "-c", "exit 42");

    [Fact]
    public async Task Its_signals_are_its_own()
    {
        await using var run = InRoot.WithBusybox.Prestop("-q", "0", "--", Busybox, "sh", "-c", "trap 'echo heard; exit 7' TERM; echo ready; while true; do read nothing; done");
        await run.WaitForLineAsync("ready");

        await run.SignalAsync(Signal.Terminate);

        await run.ExitsWithAsync(7);
    }

    [Theory]
    [InlineData("PATH", "/nowhere:/bin", 0)]
    [InlineData("PATH", "/dev/null:/bin", 0)]
    [InlineData("PATH", "/nowhere", 127)]
    [InlineData("PATH", "", 127)]
    [InlineData("OTHER", "x", 0)]
    public async Task A_name_without_a_slash_is_searched_in_PATH(string variable, string value, int exitCode) =>
        await (InRoot.WithBusybox with { Environment = new() { [variable] = value } }).EndsAsync(exitCode, "0", "--", "busybox", "true");

    [Fact]
    public async Task An_empty_part_of_PATH_is_the_current_folder() =>
        await (new EmptyRoot { Files = { ["/busybox"] = SystemProgram.Busybox }, Environment = { ["PATH"] = ":/nowhere" } })
            .EndsAsync(0, "0", "--", "busybox", "true");

    [Theory]
    [InlineData(127, "not found; give a path, or a name in PATH", "no-such-program")]
    [InlineData(127, "not found; give a path, or a name in PATH", "/no/such/program")]
    [InlineData(127, "not found; give a path, or a name in PATH", "/bin/busybox/program")]
    [InlineData(127, "not found; give a path, or a name in PATH", "")]
    [InlineData(126, "may not be executed; check that it is a file and its mode", "/bin")]
    [InlineData(126, "may not be executed; check that it is a file and its mode", "/files/plain")]
    [InlineData(126, "may not be executed; check that it is a file and its mode", "plain")]
    [InlineData(126, "not a program for this machine; check its architecture, or a script's first line", "/files/text")]
    [InlineData(126, "not a program for this machine; check its architecture, or a script's first line", "text")]
    [InlineData(126, "not a program for this machine; check its architecture, or a script's first line", "/files/empty")]
    [InlineData(127, "its interpreter or loader is not in this image; use a static program", "/files/script")]
    [InlineData(127, "its interpreter or loader is not in this image; use a static program", "script")]
    [InlineData(127, "its interpreter or loader is not in this image; use a static program", "/files/dynamic")]
    public async Task A_command_that_cannot_be_executed_is_told(int exitCode, string words, string command)
    {
        using var folder = new TemporaryFolder();
        folder.Write("plain", "echo started\n");
        foreach (var (name, content) in new[] { ("text", "echo started\n"), ("empty", ""), ("script", "#!/no/such/shell\necho started\n") })
        {
            File.SetUnixFileMode(folder.Write(name, content), (UnixFileMode)0b111_101_101);
        }

        File.Copy(SystemProgram.Getent, folder["dynamic"]);
        var root = InRoot.WithBusybox with { Environment = new() { ["PATH"] = "/files:/nowhere" } };
        root.Files["/files"] = folder.Path;
        root.Files["/bin/sh"] = SystemProgram.Busybox;

        var run = await root.EndsAsync(exitCode, "0", "--", command, "argument");

        Assert.Equal($"prestop: '{command}': {words}", run.Stderr.Lines[^1]);
        Assert.Empty(run.Stdout.Text);
    }

    [Fact]
    public async Task A_program_that_is_still_being_written_is_told()
    {
        using var folder = new TemporaryFolder();
        File.Copy(SystemProgram.Busybox, folder["busybox"]);
        await using var writer = new FileStream(folder["busybox"], FileMode.Open, FileAccess.Write, FileShare.ReadWrite);

        var run = await (new EmptyRoot { Files = { ["/files"] = folder.Path } }).EndsAsync(126, "0", "--", "/files/busybox");

        Assert.Equal("prestop: '/files/busybox': open for writing, so it may not be executed; let whoever writes it close it first", run.Stderr.Lines[^1]);
    }

    [Fact]
    public async Task That_it_cannot_be_executed_is_told_by_the_exit_code_where_standard_error_is_a_broken_pipe() =>
        await (new EmptyRoot { Stderr = Stdio.Broken }).EndsAsync(127, "0", "--", "/no/such/program");

    [Fact]
    public async Task Nothing_is_started_before_the_wait_is_over_or_after_it_failed()
    {
        using var nobody = DeadPort.Refusing();

        var run = await InRoot.WithBusybox.EndsAsync(124, "--max", "0.2", nobody.Url(), "--", Busybox, "echo", "started");

        Assert.Empty(run.Stdout.Text);
    }
}
