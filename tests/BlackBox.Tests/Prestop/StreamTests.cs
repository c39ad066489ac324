using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Prestop;

/// <summary>What its streams are like changes nothing about a wait.</summary>
public sealed class StreamTests
{
    [Theory]
    [InlineData(Stdio.Closed)]
    [InlineData(Stdio.Full)]
    [InlineData(Stdio.Broken)]
    [InlineData(Stdio.Null)]
    public async Task Standard_error_may_take_nothing(Stdio stderr)
    {
        await using var server = FaultyServer.Start(Answer.Status(503), Answer.Status(200));

        var run = await (InRoot.WithBusybox with { Stderr = stderr })
            .EndsAsync(0, "-v", "--interval", "1ms", "0.01", server.Url(), "--", InRoot.Busybox, "echo", "started");

        Assert.Equal("started\n", run.Stdout.Text);
    }

    [Theory]
    [InlineData(Stdio.Closed)]
    [InlineData(Stdio.Full)]
    [InlineData(Stdio.Broken)]
    public Task A_usage_error_stays_one(Stdio stderr) => (new EmptyRoot { Stderr = stderr }).EndsAsync(2, "5M");

    [Theory]
    [InlineData(Stdio.Closed)]
    [InlineData(Stdio.Full)]
    [InlineData(Stdio.Broken)]
    public async Task What_was_asked_to_be_read_must_be_written(Stdio stdout)
    {
        foreach (var arguments in new string[][] { ["--help"], ["--version"], ["--dry-run", "5s"] })
        {
            var run = await (new EmptyRoot { Stdout = stdout }).EndsAsync(125, arguments);

            Assert.Equal(["prestop: standard output cannot be written"], run.Stderr.Lines);
        }
    }

    [Theory]
    [InlineData(Stdio.Closed)]
    [InlineData(Stdio.Full)]
    public Task A_wait_needs_no_standard_output(Stdio stdout) => (new EmptyRoot { Stdout = stdout }).EndsAsync(0, "0.01");

    [Fact]
    public Task All_streams_may_be_closed() =>
        (InRoot.WithBusybox with { Stdin = Stdio.Closed, Stdout = Stdio.Closed, Stderr = Stdio.Closed })
            .EndsAsync(3, "0.01", "--", InRoot.Busybox, "sh", "-c", "exit 3");

    [Fact]
    public async Task The_command_finds_closed_what_prestop_found_closed()
    {
        var root = InRoot.WithBusybox with { Proc = true, Stdin = Stdio.Closed, Stderr = Stdio.Closed };

        var run = await root.EndsAsync(0, "0.01", "--", InRoot.Busybox, "ls", "/proc/self/fd");

        Assert.Equal(["0", "1"], run.Stdout.Lines); // 0 is the folder that ls reads, the lowest number that is free
    }

    [Fact]
    public async Task A_connection_never_takes_the_place_of_a_closed_stream()
    {
        await using var server = FaultyServer.Start(Answer.Status(503), Answer.Status(200));

        await (new EmptyRoot { Stdin = Stdio.Closed, Stdout = Stdio.Closed, Stderr = Stdio.Closed })
            .EndsAsync(0, "-v", "--interval", "1ms", server.Url());

        Assert.All(server.Requests, request => Assert.Equal("GET", request.Method));
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_full_pipe_that_nobody_reads_holds_nothing_up()
    {
        using var volume = new TemporaryFolder();
        File.SetUnixFileMode(volume.Path, (UnixFileMode)0b111_111_111);
        var root = InRoot.WithBusybox with { Volumes = new() { ["/run/v"] = volume.Path } };
        root.Files["/prestop"] = Repository.Published("prestop");
        await using var server = FaultyServer.Start(Answer.Status(503), Answer.Status(200));
        const string fill = "b=/bin/busybox; $b mkfifo /run/v/p; exec 3<>/run/v/p; $b head -c 65536 /dev/zero >&3"; // pipe(7): the capacity

        var run = await root.RunAsync(SystemProgram.Busybox, "sh", "-c",
            $"{fill}; /prestop -v --interval 1ms {server.Url()} 0.01 2>&3; echo $?; /prestop 5M 2>&3; echo $?; /prestop --max 0.1 inf 2>&3; echo $?");

        Assert.Equal(["0", "2", "124"], run.Stdout.Lines);
    }
}
