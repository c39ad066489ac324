using Prestopd.Sidecar;
using Xunit;

namespace Prestopd.Tests.Sidecar;

/// <summary>Every setting, its limits, and the line that a bad value gets.</summary>
public sealed class SidecarOptionsReaderTests
{
    private static SidecarOptions? Read(string name, string value, out IReadOnlyList<string> problems) => new SidecarOptionsReader(
        setting => setting.Flag == name ? value : null, variable => variable == name ? value : null).Read(out problems);

    [Fact]
    public void Defaults_are_the_originals_and_need_no_warning()
    {
        var options = SidecarRig.Read("");

        Assert.False(options.Log);
        Assert.Equal(TimeSpan.FromSeconds(10), options.Interval);
        Assert.Equal(TimeSpan.FromSeconds(10), options.Drain.Cooldown);
        Assert.Equal(8080, options.Port);
        Assert.Equal(200, options.WaitzStatus);
        Assert.Empty(options.Warnings);
    }

    [Theory]
    [InlineData("INTERVAL", "1m30s", 90)]
    [InlineData("INTERVAL", "10", 10)]
    [InlineData("INTERVAL", "1.5h", 5400)]
    [InlineData("INTERVAL", "250ms", 0.25)]
    [InlineData("INTERVAL", "PT2M", 120)]
    [InlineData("INTERVAL", "", 10)]
    public void Durations_of_Go_GNU_and_ISO_are_read(string name, string value, double seconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(seconds), Read(name, value, out _)!.Interval);
    }

    [Fact]
    public void Flags_win_over_variables()
    {
        var options = new SidecarOptionsReader(
            setting => setting == SidecarNames.Port ? "9000" : null, variable => variable == "PORT" ? "nonsense" : null).Read(out _);

        Assert.Equal(9000, options!.Port);
    }

    [Theory]
    [InlineData("INTERVAL", "abc", "INTERVAL=abc: not a duration; ")]
    [InlineData("INTERVAL", "1:30", "INTERVAL=1:30: not a duration; write 1m30s")]
    [InlineData("INTERVAL", "0s", "INTERVAL=0s: must be from 100ms to 24h0m0s; write 10s, for example")]
    [InlineData("INTERVAL", "inf", "INTERVAL=inf: must be from 100ms to 24h0m0s; write 10s, for example")]
    [InlineData("INTERVAL", "-5s", "INTERVAL=-5s: not a duration; ")]
    [InlineData("--interval", "25h", "--interval 25h: must be from 100ms to 24h0m0s; write 10s, for example")]
    [InlineData("COOLDOWN", "25h", "COOLDOWN=25h: must be from 0s to 24h0m0s; write 10s, for example")]
    [InlineData("MAX_WAIT", "0", "MAX_WAIT=0: must be from 1s to 24h0m0s, or inf; write 15m, for example")]
    [InlineData("PORT", "http", "PORT=http: must be a whole number from 1 to 65535; write 8080, for example")]
    [InlineData("PORT", "0", "PORT=0: must be a whole number from 1 to 65535; write 8080, for example")]
    [InlineData("PORT", "65536", "PORT=65536: must be a whole number from 1 to 65535; write 8080, for example")]
    [InlineData("PORT", " 80", "PORT= 80: must be a whole number from 1 to 65535; write 8080, for example")]
    [InlineData("TRIGGER", "BOTH", "TRIGGER=BOTH: must be one of both, signal, waitz")]
    [InlineData("LOG_FORMAT", "xml", "LOG_FORMAT=xml: must be one of text, json")]
    [InlineData("WAITZ_STATUS", "199", "WAITZ_STATUS=199: must be a whole number from 200 to 599; write 200, for example")]
    [InlineData("WAITZ_TOKEN", "s3cret&more", "WAITZ_TOKEN: must be letters, digits, '-', '.', '_' and '~' only, which stand in a URL as they are")]
    [InlineData("MAX_WAITERS", "0", "MAX_WAITERS=0: must be a whole number from 1 to 2000; write 100, for example")]
    [InlineData("MAX_CONNECTIONS", "many", "MAX_CONNECTIONS=many: must be a whole number from 1 to 2000; write 500, for example")]
    [InlineData("UPSTREAM", "/health", "UPSTREAM=/health: must be an absolute http or https URL; write http://127.0.0.1:9000/health, for example")]
    [InlineData("UPSTREAM", "ftp://app/", "UPSTREAM=ftp://app/: must be an absolute http or https URL; write http://127.0.0.1:9000/health, for example")]
    [InlineData("UPSTREAM", "http://localhost:8080/", "UPSTREAM=http://localhost:8080/: is the sidecar itself, on port 8080; write the URL of the application, or change PORT")]
    [InlineData("UPSTREAM_TIMEOUT", "2m", "UPSTREAM_TIMEOUT=2m: must be from 10ms to 1m0s; write 2s, for example")]
    [InlineData("IGNORE", "10.0.0.1/8", "IGNORE=10.0.0.1/8: '10.0.0.1/8': host bits set; write 10.0.0.0/8")]
    [InlineData("IGNORE", "kube-probe/,10.0.0/8", "IGNORE=kube-probe/,10.0.0/8: '10.0.0/8': an IPv4 address has four numbers; write all of them, such as 10.0.0.7, or a network, such as 10.0.0.0/8")]
    [InlineData("IGNORE", "10", "IGNORE=10: '10': an IPv4 address has four numbers; write all of them, such as 10.0.0.7, or a network, such as 10.0.0.0/8")]
    [InlineData("IGNORE", "[fd99::2]:80", "IGNORE=[fd99::2]:80: '[fd99::2]:80': not a plain address; write it without brackets, port and zone, such as 10.0.0.7 or fd00::7")]
    public void A_bad_value_gets_one_line_with_value_limit_and_fix(string name, string value, string line)
    {
        Assert.Null(Read(name, value, out var problems));

        Assert.StartsWith(line, Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_bad_value_is_reported()
    {
        new SidecarOptionsReader(_ => null, _ => "?").Read(out var problems);

        // A User-Agent may begin with anything, and a bad LOG is a warning.
        Assert.Equal(SidecarNames.Settings.Count - 2, problems.Count);
    }

    [Theory]
    [InlineData("LOG", "true", "LOG=true: only yes turns logging on; write yes or no")]
    [InlineData("MAX_WAIT", "10s", "COOLDOWN 10s cannot pass within MAX_WAIT 10s: raise MAX_WAIT or lower COOLDOWN")]
    public void What_is_allowed_and_hardly_meant_is_a_warning(string name, string value, string warning)
    {
        Assert.Equal([warning], Read(name, value, out _)!.Warnings);
    }
}
