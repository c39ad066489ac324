using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Testing;

public sealed class EmptyRootTests
{
    private static async Task<Output> BusyboxAsync(EmptyRoot root, params string[] arguments)
    {
        await using var run = root.Run(SystemProgram.Busybox, arguments);
        await run.ExitsWithAsync(0);
        return run.Stdout;
    }

    [Fact]
    public async Task Only_the_program_and_two_devices_are_there()
    {
        var files = await BusyboxAsync(new EmptyRoot(), "find", "/");

        Assert.Equal(["/", "/busybox", "/dev", "/dev/null", "/dev/urandom"], files.Lines.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_the_kubelet_mounts_and_what_the_test_adds_is_there_too()
    {
        using var folder = new TemporaryFolder();
        folder.Write("token", "secret");
        var root = new EmptyRoot
        {
            ResolvConf = "nameserver 127.0.0.1\n",
            Hosts = "127.0.0.1 localhost\n",
            Files = { ["/var/run/secrets"] = folder.Path, ["/ca.pem"] = folder.Write("ca.pem", "certificate") },
        };

        var contents = await BusyboxAsync(root, "cat", "/etc/resolv.conf", "/etc/hosts", "/var/run/secrets/token", "/ca.pem");

        Assert.Equal("nameserver 127.0.0.1\n127.0.0.1 localhost\nsecretcertificate", contents.Text);
    }

    [Fact]
    public async Task The_environment_is_empty_but_for_PWD()
    {
        var environment = await BusyboxAsync(new EmptyRoot { Environment = { ["GIVEN"] = "1" } }, "env");

        Assert.Equal(["GIVEN=1", "PWD=/"], environment.Lines.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task User_and_group_are_65532_and_no_other()
    {
        var id = await BusyboxAsync(new EmptyRoot(), "id");

        Assert.Equal("uid=65532 gid=65532", id.Text.Trim());
    }

    [Fact]
    public async Task There_are_no_capabilities_and_none_to_gain()
    {
        var status = await BusyboxAsync(new EmptyRoot { Proc = true }, "cat", "/proc/self/status");

        Assert.Contains("CapInh:\t0000000000000000", status.Lines);
        Assert.Contains("CapPrm:\t0000000000000000", status.Lines);
        Assert.Contains("CapEff:\t0000000000000000", status.Lines);
        Assert.Contains("CapBnd:\t0000000000000000", status.Lines);
        Assert.Contains("CapAmb:\t0000000000000000", status.Lines);
        Assert.Contains("NoNewPrivs:\t1", status.Lines);
        Assert.Contains("Seccomp:\t2", status.Lines);
    }

    [Theory]
    [InlineData("/new")]
    [InlineData("/dev/new")]
    [InlineData("/etc/new")]
    public async Task Nothing_can_be_written(string path)
    {
        await using var run = new EmptyRoot { Hosts = "" }.Run(SystemProgram.Busybox, "touch", path);

        await run.ExitsWithAsync(1);

        Assert.Contains("Read-only file system", run.Stderr.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_program_itself_cannot_be_changed()
    {
        await using var run = EmptyRoot.Start(SystemProgram.Busybox, "chmod", "777", "/busybox");

        await run.ExitsWithAsync(1);

        Assert.Contains("Read-only file system", run.Stderr.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_volume_can_be_written()
    {
        using var volume = new TemporaryFolder();

        await BusyboxAsync(new EmptyRoot { Volumes = { ["/shared"] = volume.Path } }, "touch", "/shared/new");

        Assert.True(File.Exists(volume["new"]));
    }

    [Theory]
    [InlineData(true, "1")]
    [InlineData(false, "2")]
    public async Task The_program_is_process_1_or_below_it(bool asPid1, string expected)
    {
        var number = await BusyboxAsync(new EmptyRoot { AsPid1 = asPid1 }, "sh", "-c", "echo $$");

        Assert.Equal([expected], number.Lines);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Only_its_three_streams_are_open(bool asPid1)
    {
        var files = await BusyboxAsync(new EmptyRoot { AsPid1 = asPid1, Proc = true, ResolvConf = "", Hosts = "" }, "ls", "/proc/self/fd");

        Assert.Equal(["0", "1", "2", "3"], files.Lines); // 3 is the folder that ls reads
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Streams_can_be_closed(bool asPid1)
    {
        var root = new EmptyRoot { AsPid1 = asPid1, Proc = true, Stdin = Stdio.Closed, Stderr = Stdio.Closed };

        var files = await BusyboxAsync(root, "sh", "-c", "[ -e /proc/$$/fd/0 ] || [ -e /proc/$$/fd/2 ] || echo closed");

        Assert.Equal(["closed"], files.Lines);
    }

    [Fact]
    public async Task A_stream_can_be_a_terminal()
    {
        await using var run = new EmptyRoot { Stderr = Stdio.Terminal }.Run(SystemProgram.Busybox, "sh", "-c", "test -t 2 && ! test -t 1");

        await run.ExitsWithAsync(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Signals_reach_the_program_and_not_its_watcher(bool asPid1)
    {
        await using var run = new EmptyRoot { AsPid1 = asPid1 }
            .Run(SystemProgram.Busybox, "sh", "-c", "trap 'echo heard; exit 7' TERM; echo ready; while true; do read nothing; done");
        await run.WaitForLineAsync("ready");

        await run.SignalAsync(Signal.Terminate);

        await run.WaitForLineAsync("heard");
        await run.ExitsWithAsync(7);
    }

    [Fact]
    public async Task A_signal_that_is_sent_at_once_waits_for_the_program()
    {
        await using var run = EmptyRoot.Start(SystemProgram.Busybox, "sleep", "1000");

        await run.SignalAsync(Signal.Terminate);

        await run.ExitsWithAsync(128 + Signal.Terminate);
    }

    [Fact]
    public async Task Process_1_is_deaf_to_signals_that_it_does_not_handle()
    {
        await using var run = new EmptyRoot { AsPid1 = true }.Run(SystemProgram.Busybox, "sleep", "1000");
        await run.SignalAsync(Signal.Terminate);

        var status = await File.ReadAllLinesAsync($"/proc/{await run.ProgramAsync()}/status", TestContext.Current.CancellationToken);

        Assert.DoesNotContain(status, line => line.StartsWith("State:\tZ", StringComparison.Ordinal));
        Assert.Contains("SigPnd:\t0000000000000000", status);
        Assert.Contains("ShdPnd:\t0000000000000000", status);
        await run.SignalAsync(Signal.Kill);
        await run.ExitsWithAsync(128 + Signal.Kill);
    }

    [Fact]
    public async Task Time_on_the_processor_is_counted_for_process_1_and_refused_for_others()
    {
        string[] busy = ["sh", "-c", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done"];
        await using var counted = new EmptyRoot { AsPid1 = true }.Run(SystemProgram.Busybox, busy);
        await counted.ExitsWithAsync(0);
        await using var uncounted = EmptyRoot.Start(SystemProgram.Busybox, "true");
        await uncounted.ExitsWithAsync(0);

        Assert.True(counted.CpuTime >= TimeSpan.FromMilliseconds(50), $"{counted.CpuTime}");
        Assert.Throws<HarnessException>(() => uncounted.CpuTime);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Peak_memory_is_the_programs_own(bool asPid1)
    {
        await using var run = new EmptyRoot { AsPid1 = asPid1 }.Run(SystemProgram.Busybox, "sh", "-c", "echo ready; /busybox sleep 1000; true");
        await run.WaitForLineAsync("ready");

        Assert.InRange(await run.PeakMemoryAsync(), 100_000, 10_000_000);
    }

    [Fact]
    public async Task What_cannot_be_mounted_is_told_by_bubblewrap()
    {
        await using var run = new EmptyRoot { Files = { ["/ca.pem"] = "/no/such/file" } }.Run(SystemProgram.Busybox, "true");

        var failure = await Assert.ThrowsAsync<HarnessException>(() => run.SignalAsync(Signal.Terminate));

        Assert.Contains("bwrap: Can't find source path /no/such/file", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Disposing_leaves_no_process_of_it()
    {
        int program;
        await using (var run = new EmptyRoot { AsPid1 = true }.Run(SystemProgram.Busybox, "sleep", "1000"))
        {
            program = await run.ProgramAsync();
        }

        await Processes.GoneAsync(program);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task Seccomp_denies_what_container_runtimes_deny(bool seccomp, int expected)
    {
        await using var run = new EmptyRoot { Seccomp = seccomp }.Run(SystemProgram.Busybox, "unshare", "-U", "/busybox", "true");

        await run.ExitsWithAsync(expected);

        Assert.Equal(seccomp, run.Stderr.Text.Contains("Operation not permitted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_hosts_own_loopback_is_shared_unless_it_is_offline()
    {
        await using var server = FaultyServer.Start(Answer.Status(200, "hello"));

        var reached = await BusyboxAsync(new EmptyRoot(), "wget", "-q", "-O", "-", server.Url());
        await using var offline = new EmptyRoot { Offline = true }.Run(SystemProgram.Busybox, "wget", "-q", "-O", "-", server.Url());
        await offline.ExitsWithAsync(1);

        Assert.Equal("hello", reached.Text);
        Assert.Contains("Connection refused", offline.Stderr.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_with_a_unix_socket_can_be_mounted_and_connected_to()
    {
        using var folder = new TemporaryFolder();
        await using var server = new FaultyServer.Listen { UnixSocket = folder["app.sock"] }.Start(Answer.Status(200, "by socket"));
        var root = new EmptyRoot { Files = { ["/sockets"] = folder.Path, ["/usr"] = "/usr", ["/lib"] = "/lib", ["/lib64"] = "/lib64" } };

        await using var run = root.Run(SystemProgram.Curl, "--silent", "--unix-socket", "/sockets/app.sock", "http://app/");
        await run.ExitsWithAsync(0);

        Assert.Equal("by socket", run.Stdout.Text);
    }
}
