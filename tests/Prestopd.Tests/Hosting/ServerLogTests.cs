using System.Net;
using System.Text;
using System.Text.Json;
using Prestop.Testing;
using Prestopd.Hosting;
using Xunit;

namespace Prestopd.Tests.Hosting;

/// <summary>The two forms of a line, and the accounting of lines that nobody reads.</summary>
public sealed class ServerLogTests
{
    private static readonly DateTimeOffset Start = new(2022, 12, 29, 11, 54, 48, TimeSpan.Zero);

    [Fact]
    public async Task A_text_line_has_the_time_and_names_the_level_of_what_is_wrong()
    {
        var logged = await LoggedAsync(LogFormat.Text, log =>
        {
            log.Info("a", "all is well", new LogMember("hits", 3));
            log.Warning("b", "not quite");
            log.Error("c", "not at all");
        });

        Assert.Equal(
            "2022/12/29 11:54:48 all is well\n2022/12/29 11:54:48 warning: not quite\n2022/12/29 11:54:48 error: not at all\n", logged);
    }

    [Fact]
    public async Task A_json_line_has_the_members_of_every_line_and_its_own()
    {
        var logged = await LoggedAsync(LogFormat.Json, log => log.Error(
            "failed", "it \"failed\"", new("remote", new IPEndPoint(IPAddress.IPv6Loopback, 80)), new("seconds", 1.5), new("hits", 7)));

        Assert.Equal(
            """
            {"time":"2022-12-29T11:54:48Z","level":"error","event":"failed","message":"it \u0022failed\u0022","remote":"[::1]:80","seconds":1.5,"hits":7}

            """.ReplaceLineEndings("\n"),
            logged);
    }

    [Theory]
    [InlineData(LogFormat.Text)]
    [InlineData(LogFormat.Json)]
    internal async Task No_message_can_begin_a_line_of_its_own(LogFormat format)
    {
        var logged = await LoggedAsync(format, log => log.Warning("w", "a\n2022/12/29 11:54:48 bye", new LogMember("name", "b\nc")));

        Assert.Equal(1, logged.Count(symbol => symbol == '\n'));
    }

    [Fact]
    public async Task Without_everything_only_what_is_wrong_is_logged()
    {
        var logged = await LoggedAsync(LogFormat.Text, everything: false, act: log =>
        {
            log.Info("a", "x");
            log.Info("a", "x"u8);
            log.Warning("b", "y");
        });

        Assert.Equal("2022/12/29 11:54:48 warning: y\n", logged);
    }

    [Theory]
    [InlineData(LogFormat.Text)]
    [InlineData(LogFormat.Json)]
    internal async Task A_reader_that_does_not_read_blocks_nobody_and_is_told_what_it_missed(LogFormat format)
    {
        using var stream = new StuckStream();
        var lines = new LineWriter(stream, new FakeClock(Start), capacity: 800);
        var log = new ServerLog(lines, new FakeClock(Start), format, everything: true);

        log.Info("first", "first");
        await stream.Stuck;
        for (var i = 0; i < 100; i++)
        {
            log.Info("more", $"more {i}");
        }

        stream.Free();
        await lines.FlushAsync();
        log.Info("last", "last");
        await lines.FlushAsync();

        var written = stream.Written.TrimEnd('\n').Split('\n');
        var kept = written.Count(line => line.Contains("more ", StringComparison.Ordinal));
        Assert.InRange(kept, 1, 30);
        Assert.Contains($"{100 - kept} log lines were dropped: stderr is read too slowly", written[^2], StringComparison.Ordinal);
        Assert.Contains("last", written[^1], StringComparison.Ordinal);
        if (format is LogFormat.Json)
        {
            Assert.All(written, line => JsonDocument.Parse(line));
            Assert.Equal(100 - kept, JsonDocument.Parse(written[^2]).RootElement.GetProperty("lines").GetInt32());
        }
    }

    [Fact]
    public async Task Lines_that_come_close_together_are_written_together()
    {
        var clock = new FakeClock(Start);
        using var stream = new CountingStream();
        var lines = new LineWriter(stream, clock);

        lines.Write("first\n"u8);
        await lines.FlushAsync();
        Assert.Equal("first\n", stream.Text);

        for (var each = 0; each < 1000; each++)
        {
            lines.Write("more\n"u8);
        }

        Assert.Equal((1, "first\n"), (stream.Writes, stream.Text));
        clock.Advance(0.01);
        await lines.FlushAsync();
        Assert.Equal((2, 6 + 5000), (stream.Writes, stream.Text.Length));

        // Nobody who waits for lines waits for others.
        lines.Write("last\n"u8);
        await lines.FlushAsync();
        Assert.EndsWith("more\nlast\n", stream.Text, StringComparison.Ordinal);
    }

    private static async Task<string> LoggedAsync(LogFormat format, Action<ServerLog> act, bool everything = true)
    {
        using var stream = new MemoryStream();
        var lines = new LineWriter(stream, new FakeClock(Start));
        act(new ServerLog(lines, new FakeClock(Start), format, everything));
        await lines.FlushAsync();
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private sealed class CountingStream : MemoryStream
    {
        public int Writes { get; private set; }

        public string Text => Encoding.UTF8.GetString(ToArray());

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Writes++;
            base.Write(buffer);
        }
    }

    private sealed class StuckStream : MemoryStream
    {
        private readonly TaskCompletionSource _stuck = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _free = new();

        public Task Stuck => _stuck.Task;

        public string Written => Encoding.UTF8.GetString(ToArray());

        public void Free() => _free.Set();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _stuck.TrySetResult();
            _free.Wait();
            base.Write(buffer);
        }

        protected override void Dispose(bool disposing)
        {
            _free.Dispose();
            base.Dispose(disposing);
        }
    }
}
