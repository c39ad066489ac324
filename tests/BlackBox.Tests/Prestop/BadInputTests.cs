using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Prestop;

/// <summary>What cannot be done is told in a line each, in no time, and nothing is started.</summary>
public sealed class BadInputTests
{
    private const string Hint = "Try 'prestop --help' for more information.";
    private const string MissingStep = "missing step: give a duration or a URL, such as 'prestop 5s' or 'prestop http://127.0.0.1:8080/drained'";

    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(100);

    private static async Task IsRefusedAsync(int exitCode, string[] arguments, params string[] lines)
    {
        var run = await new EmptyRoot { AsPid1 = true, Files = { [InRoot.Busybox] = SystemProgram.Busybox } }.EndsAsync(exitCode, arguments);

        Assert.Equal([.. lines.Select(line => "prestop: " + line), .. exitCode is 2 ? [Hint] : Array.Empty<string>()], run.Stderr.Lines);
        Assert.Empty(run.Stdout.Text);
        Assert.True(run.CpuTime < Budget, $"{run.CpuTime}");
    }

    [Theory]
    [InlineData("'5M': not a duration; write 5m", "5M")]
    [InlineData("'1:30': not a duration; write 1m30s", "1:30")]
    [InlineData("'5 s': not a duration; write 5s", "5 s")]
    [InlineData("--max '-1': not a duration; a duration cannot be negative; write 0 for none", "--max", "-1", "5s")]
    [InlineData("--interval '0': too short; write 1ms or more", "--interval", "0", "5s")]
    [InlineData("--max '': not a duration; it is empty; write a number and a unit, such as 30s, 500ms or 1m30s", "--max", "", "5s")]
    [InlineData("option '--max' needs a value: --max D", "--max=", "5s")]
    [InlineData(MissingStep)]
    [InlineData(MissingStep, "--max", "5s")]
    [InlineData(MissingStep, "--", "/bin/busybox", "echo", "started")]
    [InlineData("missing command after '--': give one, or leave '--' out", "5s", "--")]
    [InlineData("unrecognized option '--bogus'", "--bogus", "5s")]
    [InlineData("unrecognized option '--bogus'", "--bogus=1", "5s")]
    [InlineData("unrecognized option '-z'", "-z", "5s")]
    [InlineData("unrecognized option '-z' in '-qz'", "-qz", "5s")]
    [InlineData("unrecognized option '-:' in '-q:'", "-q:v", "5s")]
    [InlineData("option '--max' takes its value behind '=' or as the next word: write --max D", "--max:5s", "5s")]
    [InlineData("option '--any' takes no value: write it alone", "--any=true", "5s")]
    [InlineData("option '--help' takes no value: write it alone", "--help=false", "5s")]
    [InlineData("option '--max' needs a value: --max D", "5s", "--max")]
    [InlineData("option '--method' needs a value: --method NAME", "5s", "-qX")]
    [InlineData("'[suggest]': not a duration; a URL begins with its scheme, such as http://, tcp:// or dns://, and a command stands behind '--'", "[suggest]", "5s")]
    [InlineData("'@file': not a duration; write a number and a unit, such as 30s, 500ms or 1m30s", "@file")]
    [InlineData("'prestop': not a duration; write 30s, 500ms or 1m30s, and a command behind '--'", "prestop", "5s")]
    [InlineData("--any and --all exclude each other: give one of them", "--any", "--all", "5s")]
    [InlineData("--min '2': above --max '1'; lower it or raise --max", "--min", "2", "--max", "1", "5s")]
    [InlineData("--successes '0': write a whole number from 1 to 1000000", "--successes", "0", "5s")]
    [InlineData("--on-failure 'ignore': unknown; write stop or continue", "--on-failure", "ignore", "5s")]
    [InlineData("--ignore '10': an IPv4 address has four numbers; write all of them, such as 10.0.0.7, or a network, such as 10.0.0.0/8", "--ignore", "10", "idle://:80")]
    [InlineData("--ignore '10.99.0': an IPv4 address has four numbers; write all of them, such as 10.0.0.7, or a network, such as 10.0.0.0/8", "--ignore", "10.99.0", "idle://:80")]
    [InlineData("--ignore '010.99.0.2': '010' could be octal; write 10", "--ignore", "127.0.0.1, 010.99.0.2", "idle://:80")]
    [InlineData("--ignore '[fd99::2]:80': not a plain address; write it without brackets, port and zone, such as 10.0.0.7 or fd00::7", "--ignore", "[fd99::2]:80", "idle://:80")]
    [InlineData("--ignore '10.0.0.7/8': host bits set; write 10.0.0.0/8", "--ignore", "10.0.0.7/8", "idle://:80")]
    [InlineData("--log-to 'file': unknown; write stderr or pid1", "--log-to", "file", "5s")]
    [InlineData("--status '99': not a set of statuses; write codes from 100 to 599 and ranges, such as 200-299,410", "--status", "99", "5s")]
    [InlineData("--method 'G T': not an HTTP method; write one word, such as POST", "--method", "G T", "5s")]
    [InlineData("option '-X' takes its value as the next word: write -X NAME", "-X=POST", "5s")]
    [InlineData("--method 'CONNECT': only a proxy has an answer to it, and steps use none; write another method, such as GET", "-X", "CONNECT", "5s")]
    [InlineData("--header: not a header field; write 'NAME: VALUE' on one line, in ASCII", "--header", "nonsense", "5s")]
    [InlineData("--header: not a header field; write 'NAME: VALUE' on one line, in ASCII", "-H", "X: \u00e4", "5s")]
    [InlineData("--header: Transfer-Encoding without a body; give one with --data, or leave it out", "-H", "Transfer-Encoding: chunked", "5s")]
    [InlineData("--header: Content-Length is not 3, the length of the body; leave it out, it is counted", "-H", "Content-Length: 4", "-d", "a=1", "5s")]
    [InlineData("--answer-timeout '0': too short; write 1ms or more", "--answer-timeout", "0", "5s")]
    [InlineData("step '$(UNSET)': environment variable UNSET is not set; set it, or write $$(UNSET) for the text itself", "$(UNSET)")]
    [InlineData("--max '$(UNSET)': environment variable UNSET is not set; set it, or write $$(UNSET) for the text itself", "--max", "$(UNSET)", "5s")]
    [InlineData("'http://x:0/': port 0 cannot be connected to; use 1 to 65535", "http://x:0/")]
    [InlineData("'install' needs one directory: prestop install DIR", "install")]
    [InlineData("'install' needs one directory: prestop install DIR", "install", "")]
    [InlineData("'install' needs one directory: prestop install DIR", "install", "a", "b")]
    [InlineData(@"'5\nM': not a duration; write 5m", "5\nM")]
    public Task It_is_one_clear_line(string line, params string[] arguments) => IsRefusedAsync(2, arguments, line);

    [Theory]
    [InlineData("htp://x", "'htp://x': unknown scheme; use one of http, https")]
    [InlineData("http://", "'http://': not a URL; write http://HOST[:PORT][/PATH]")]
    [InlineData("http://[::1", "'http://[::1': not a URL; write http://HOST[:PORT][/PATH]")]
    [InlineData("http://a..b/", "'http://a..b/': not a URL; write http://HOST[:PORT][/PATH]")]
    [InlineData("tcp://me@db:80", "'tcp://***@db:80': no user name and no password can be given; write tcp://HOST:PORT")]
    [InlineData("gone:5s", "'gone:5s': 'gone:' needs a URL behind it; write gone:http://HOST[:PORT][/PATH]")]
    public async Task A_bad_URL_is_told_with_the_way_to_write_one(string step, string start)
    {
        var run = await InRoot.EndsAsync(2, step);

        Assert.StartsWith("prestop: " + start, run.Stderr.Lines[0], StringComparison.Ordinal);
        Assert.Equal(Hint, run.Stderr.Lines[1]);
    }

    [Fact]
    public Task Everything_that_is_wrong_is_told_at_once() =>
        IsRefusedAsync(2, ["--bogus", "--max", "5M", "6M", "--"],
            "unrecognized option '--bogus'",
            "'6M': not a duration; write 6m",
            "--max '5M': not a duration; write 5m",
            "missing command after '--': give one, or leave '--' out");

    [Fact]
    public async Task A_bad_word_beside_a_good_URL_starts_nothing()
    {
        await using var server = FaultyServer.Start();

        await InRoot.WithBusybox.EndsAsync(2, server.Url(), "--interval", "never", "--", InRoot.Busybox, "echo", "started");

        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task A_very_long_bad_word_is_still_one_whole_line()
    {
        var word = new string('x', 20_000);

        var run = await InRoot.EndsAsync(2, word);

        Assert.StartsWith($"prestop: '{word}': not a duration; ", run.Stderr.Lines[0], StringComparison.Ordinal);
        Assert.Equal(2, run.Stderr.Lines.Count);
    }
}
