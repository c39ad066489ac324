using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Prestop;

/// <summary>Whatever the words, the end is a plan or a clear refusal.</summary>
public sealed class FuzzTests
{
    private const int CommandLines = 300;

    private static readonly string[] Words =
    [
        "0", "5", "1.5s", "1m30s", "PT1M", "inf", "-1", "5M", "1:30", "", " ", "nan", "1e400", "0x1p-3", "99999999999999999999d", "1e-400", "µ", "\u00e9\ud83d\ude00",
        "--", "-", "---", "--=", "-=", "-:", "--max", "--max=", "--max:5s", "--min", "--any", "--all", "--any=1", "--interval", "--successes", "--connect-timeout",
        "--on-failure", "--fallback", "--grace", "--status", "--method", "-X", "-XPOST", "-X=", "--header", "-H", "A: b", "A:", ": b", "--data", "-d", "-dx", "-d@x", "--body", "--answer-timeout", "--cacert",
        "/dev/null", "/dev/urandom", "/", "--insecure", "-k", "--unix-socket", "--log-to", "pid1", "--log-format", "json", "-q", "-v", "-qv", "-qkv", "-qz", "-hq", "--help",
        "--version", "--silent", "--verbose", "--dry-run", "stop", "continue", "200", "200-299,410", "299-200", "600", "1000000", "1000001", "http://h/", "https://h:443/a?b#c",
        "http://", "http:///", "http://[::1]:80/", "http://[::1", "http://u:p@h/", "http://h:0/", "http://h:65536", "http://ex%41mple/", "http://\u00fc.test/", "HTTP://H/",
        "ftp://h/", "://", "x://", "gone:", "gone:http://h/", "gone:5", "gone:gone:http://h/", "install", "/no/dir", "$(A)", "$(UNSET)", "$$(A)", "$(", "$()", "$(A",
        "@file", "[suggest]", "[", "]", "prestop", "\u0001", "\n", "a\tb", "'", "\"", "\\", "%", "%s", "{0}", "*", "~", "\ufeff", "\u202e",
    ];

    [Fact]
    public async Task A_random_command_line_is_planned_or_refused_in_clear_lines()
    {
        var seed = Fuzz.Seed;
        var random = new Random(seed);
        for (var count = 0; count < CommandLines; count++)
        {
            string[] line = ["--dry-run", .. Enumerable.Range(0, random.Next(1, 7)).Select(_ => NextWord(random))];
            await using var run = new OnHost { Environment = { ["A"] = "1s" } }.Prestop(line);
            var code = (await run.ExitAsync()).Code;

            Assert.True(code is 0 or 1 or 2 or 125, $"seed {seed}, {run}");
            Assert.True(run.Stderr.Lines.All(Fuzz.IsClear), $"seed {seed}, {run}");
            Assert.True((code is 0 or 1) == (run.Stderr.Lines.Count is 0), $"seed {seed}, {run}");
        }
    }

    private static string NextWord(Random random) => random.Next(12) switch
    {
        0 => Words[random.Next(Words.Length)] + Words[random.Next(Words.Length)],
        1 => Words[random.Next(Words.Length)] + "=" + Words[random.Next(Words.Length)],
        2 => new string([.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => (char)random.Next(1, 0x250))]),
        3 => new string((char)random.Next('!', '~'), random.Next(1, 6000)),
        _ => Words[random.Next(Words.Length)],
    };
}
