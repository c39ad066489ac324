using Prestop.Core.Options;
using Prestopd.Sidecar;
using Xunit;

namespace Prestopd.Tests.Sidecar;

/// <summary>Every setting, its limits, and the line that a bad value gets.</summary>
public sealed class SidecarOptionsReaderTests
{
    private static OptionReader Given(Func<string, string?> variable, params string[] words) =>
        new(CommandLine.Read(words, SidecarNames.Options), variable);

    private static OptionReader Given(string name, string value) =>
        name.StartsWith('-') ? Given(_ => null, name, value) : Given(variable => variable == name ? value : null);

    [Fact]
    public void Defaults_are_the_originals_and_need_no_warning()
    {
        var options = SidecarRig.Read("");

        Assert.False(options.Server.LogsEverything);
        Assert.Equal(TimeSpan.FromSeconds(10), options.Interval);
        Assert.Equal(TimeSpan.FromSeconds(10), options.Drain.Cooldown);
        Assert.Equal(8080, options.Server.Port);
        Assert.Equal(200, options.WaitzStatus);
        Assert.Empty(options.Warnings);
    }

    [Fact]
    public void The_defaults_that_are_printed_are_the_ones_that_hold()
    {
        var printed = SidecarNames.Options.Where(option => option.Default is not "none").ToDictionary(option => option.Variable, option => option.Default);

        var options = SidecarOptionsReader.Read(Given(printed.GetValueOrDefault));

        Assert.Equivalent(SidecarRig.Read(""), options, strict: true);
    }

    [Fact]
    public void Blanks_around_a_variable_do_not_count() => Assert.Equal(80, SidecarOptionsReader.Read(Given("PORT", " 80\n")).Server.Port);

    [Theory]
    [InlineData("INTERVAL", "1m30s", 90)]
    [InlineData("INTERVAL", "10", 10)]
    [InlineData("INTERVAL", "1.5h", 5400)]
    [InlineData("INTERVAL", "250ms", 0.25)]
    [InlineData("INTERVAL", "PT2M", 120)]
    [InlineData("INTERVAL", "", 10)]
    public void Durations_of_Go_GNU_and_ISO_are_read(string name, string value, double seconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(seconds), SidecarOptionsReader.Read(Given(name, value)).Interval);
    }

    [Fact]
    public void Flags_win_over_variables()
    {
        var options = SidecarOptionsReader.Read(Given(variable => variable == "PORT" ? "nonsense" : null, "--port", "9000"));

        Assert.Equal(9000, options.Server.Port);
    }

    [Theory]
    [InlineData("INTERVAL", "abc", "INTERVAL 'abc': not a duration; ")]
    [InlineData("INTERVAL", "1:30", "INTERVAL '1:30': not a duration; write 1m30s")]
    [InlineData("INTERVAL", "0s", "INTERVAL '0s': too short; write 100ms or more")]
    [InlineData("INTERVAL", "inf", "INTERVAL 'inf': too long; write 1d or less")]
    [InlineData("INTERVAL", "-5s", "INTERVAL '-5s': not a duration; ")]
    [InlineData("--interval", "25h", "--interval '25h': too long; write 1d or less")]
    [InlineData("COOLDOWN", "25h", "COOLDOWN '25h': too long; write 1d or less")]
    [InlineData("MAX_WAIT", "25h", "MAX_WAIT '25h': too long; write 1d or less, or inf")]
    [InlineData("MAX_WAIT", "0", "MAX_WAIT '0': too short; write 1s or more")]
    [InlineData("PORT", "http", "PORT 'http': write a whole number from 1 to 65535")]
    [InlineData("PORT", "0", "PORT '0': write a whole number from 1 to 65535")]
    [InlineData("PORT", "65536", "PORT '65536': write a whole number from 1 to 65535")]
    [InlineData("TRIGGER", "BOTH", "TRIGGER 'BOTH': unknown; write both or signal or waitz")]
    [InlineData("LOG_FORMAT", "xml", "LOG_FORMAT 'xml': unknown; write text or json")]
    [InlineData("WAITZ_STATUS", "199", "WAITZ_STATUS '199': write a whole number from 200 to 599")]
    [InlineData("WAITZ_TOKEN", "s3cret&more", "WAITZ_TOKEN: must be letters, digits, '-', '.', '_' and '~' only, which stand in a URL as they are")]
    [InlineData("--waitz-token", "", "--waitz-token: must be letters, digits, '-', '.', '_' and '~' only, which stand in a URL as they are")]
    [InlineData("MAX_WAITERS", "0", "MAX_WAITERS '0': write a whole number from 1 to 2000")]
    [InlineData("MAX_CONNECTIONS", "many", "MAX_CONNECTIONS 'many': write a whole number from 1 to 2000")]
    [InlineData("UPSTREAM", "/health", "UPSTREAM '/health': not an absolute http or https URL; write http://127.0.0.1:9000/health, for example")]
    [InlineData("UPSTREAM", "ftp://app/", "UPSTREAM 'ftp://app/': not an absolute http or https URL; write http://127.0.0.1:9000/health, for example")]
    [InlineData("UPSTREAM", "ftp://me:s3cret@app/", "UPSTREAM '…': not an absolute http or https URL; write http://127.0.0.1:9000/health, for example")]
    [InlineData("UPSTREAM", "http://localhost:8080/", "UPSTREAM 'http://localhost:8080/': is the sidecar itself, on port 8080; write the URL of the application, or change PORT")]
    [InlineData("UPSTREAM_TIMEOUT", "2m", "UPSTREAM_TIMEOUT '2m': too long; write 1m or less")]
    [InlineData("IGNORE", "10.0.0.1/8", "IGNORE '10.0.0.1/8': '10.0.0.1/8': host bits set; write 10.0.0.0/8")]
    [InlineData("IGNORE", "kube-probe/,10.0.0/8", "IGNORE 'kube-probe/,10.0.0/8': '10.0.0/8': an IPv4 address has four numbers; write all of them, such as 10.0.0.7, or a network, such as 10.0.0.0/8")]
    [InlineData("IGNORE", "10", "IGNORE '10': '10': an IPv4 address has four numbers; write all of them, such as 10.0.0.7, or a network, such as 10.0.0.0/8")]
    [InlineData("IGNORE", "[fd99::2]:80", "IGNORE '[fd99::2]:80': '[fd99::2]:80': not a plain address; write it without brackets, port and zone, such as 10.0.0.7 or fd00::7")]
    public void A_bad_value_gets_one_line_with_value_limit_and_fix(string name, string value, string line)
    {
        var options = Given(name, value);

        SidecarOptionsReader.Read(options);

        Assert.StartsWith(line, Assert.Single(options.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_bad_value_is_reported()
    {
        var options = Given(_ => "?");

        SidecarOptionsReader.Read(options);

        // A User-Agent may begin with anything, and a bad LOG is a warning.
        Assert.Equal(SidecarNames.Options.Count - 2, options.Problems.Count);
    }

    [Theory]
    [InlineData("LOG", "true", "LOG 'true': only yes turns logging on; write yes or no")]
    [InlineData("MAX_WAIT", "10s", "COOLDOWN 10s cannot pass within MAX_WAIT 10s: raise MAX_WAIT or lower COOLDOWN")]
    public void What_is_allowed_and_hardly_meant_is_a_warning(string name, string value, string warning)
    {
        Assert.Equal([warning], SidecarOptionsReader.Read(Given(name, value)).Warnings);
    }
}
