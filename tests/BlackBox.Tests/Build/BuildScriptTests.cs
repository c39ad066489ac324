using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Build;

/// <summary>
/// What <c>./build.sh publish</c> decides, in a repository of the test's own where <c>dotnet</c> is a script: it answers as told, notes what it
/// is asked, and "publishes" by copying.
/// </summary>
public sealed class BuildScriptTests : IDisposable
{
    private const string Dotnet = """
        #!/bin/sh
        echo "$*" >>calls
        case "$1" in
          --version) echo "$SDK" ;;
          nuget) echo "$FEED" ;;
          restore) exit "$RESTORE" ;;
          publish)
            from=$TAILORED
            while [ $# -gt 1 ]; do
              shift
              case "$1" in
                -o) to=$2 ;;
                -p:IsTailored=false) from=$PLAIN ;;
              esac
            done
            mkdir -p "$to" && cp "$from/${to##*/}" "$to/" ;;
        esac
        """;

    private readonly TemporaryFolder _repository = new();
    private readonly Dictionary<string, string> _environment;
    private readonly string _good = Path.GetDirectoryName(Repository.Published("prestop"))!;
    private readonly string _broken;

    public BuildScriptTests()
    {
        var root = Path.GetDirectoryName(_good)!;
        foreach (var file in (string[])["build.sh", "global.json", "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"])
        {
            File.Copy(Path.Combine(root, file), _repository[file]);
        }

        foreach (var folder in (string[])["src", "bin", "broken"])
        {
            Directory.CreateDirectory(_repository[folder]);
        }

        // A static program that starts and knows none of these names.
        _broken = _repository["broken"];
        foreach (var program in (string[])["sleep", "prestop", "prestopd"])
        {
            File.Copy(SystemProgram.Busybox, Path.Combine(_broken, program));
        }

        File.SetUnixFileMode(_repository.Write("bin/dotnet", Dotnet), (UnixFileMode)0b111_101_101);
        _environment = new()
        {
            ["PATH"] = $"{_repository["bin"]}:/usr/sbin:/usr/bin:/sbin:/bin",
            ["SDK"] = "10.0.100",
            ["FEED"] = "E https://feed.example/v3/index.json",
            ["RESTORE"] = "1",
            ["TAILORED"] = _good,
            ["PLAIN"] = _good,
        };
    }

    public void Dispose() => _repository.Dispose();

    [Fact]
    public async Task What_works_in_an_empty_root_is_handed_out()
    {
        await using var build = await PublishAsync(0);

        Assert.DoesNotContain("plain", build.Stderr.Text, StringComparison.Ordinal);
        foreach (var program in (string[])["sleep", "prestop", "prestopd"])
        {
            Assert.Equal(Content(_good, program), Content(_repository["out"], program));
        }
    }

    [Theory]
    [InlineData("does not run", "prestop does not work in an empty root: --version")]
    [InlineData("is not built", "prestop cannot be built")]
    public async Task A_plain_program_takes_the_place_of_one_that_is_no_good_and_it_is_said(string how, string said)
    {
        File.Copy(Path.Combine(_good, "sleep"), Path.Combine(_broken, "sleep"), overwrite: true);
        if (how == "is not built")
        {
            File.Delete(Path.Combine(_broken, "prestop"));
        }

        _environment["TAILORED"] = _broken;

        await using var build = await PublishAsync(0);

        Assert.Contains($"build.sh: {said}", build.Stderr.Lines);
        Assert.Contains("build.sh: a plain prestop takes its place: larger, and with more memory", build.Stderr.Lines);
        Assert.Equal(Content(_good, "prestop"), Content(_repository["out"], "prestop"));
    }

    [Fact]
    public async Task What_does_not_work_at_all_is_not_handed_out()
    {
        File.Copy(Path.Combine(_good, "sleep"), Path.Combine(_broken, "sleep"), overwrite: true);
        (_environment["TAILORED"], _environment["PLAIN"]) = (_broken, _broken);

        await using var build = await PublishAsync(1);

        Assert.True(File.Exists(_repository["out/sleep"]));
        Assert.False(File.Exists(_repository["out/prestop"]));
    }

    [Fact]
    public async Task The_framework_is_chosen_anew_when_the_SDK_the_feed_or_a_pin_is_another()
    {
        await PublishesForAsync("net9.0", asks: true);
        await PublishesForAsync("nothing", asks: false);

        _environment["RESTORE"] = "0";
        _environment["SDK"] = "10.0.200";
        await PublishesForAsync("net10.0", asks: true);
        await PublishesForAsync("nothing", asks: false);

        _environment["RESTORE"] = "1";
        _environment["FEED"] = "E https://other.example/v3/index.json";
        await PublishesForAsync("net9.0", asks: true);

        var targets = File.ReadAllText(_repository["Directory.Build.targets"]);
        _repository.Write("Directory.Build.targets", targets.Replace("10.0.", "10.0.9", StringComparison.Ordinal));
        _environment["RESTORE"] = "0";
        await PublishesForAsync("net10.0", asks: true);
    }

    [Fact]
    public async Task A_feed_that_had_no_pack_is_asked_again_after_a_day()
    {
        await PublishesForAsync("net9.0", asks: true);
        _environment["RESTORE"] = "0";
        await PublishesForAsync("nothing", asks: false);

        File.SetLastWriteTimeUtc(_repository["artifacts/probe.log"], DateTime.UnixEpoch);

        await PublishesForAsync("net10.0", asks: true);
    }

    private static byte[] Content(string folder, string program) => File.ReadAllBytes(Path.Combine(folder, program));

    private async Task<Child> PublishAsync(int exitCode)
    {
        var build = new OnHost { Environment = _environment }.Run("/bin/bash", _repository["build.sh"], "publish");
        await build.ExitsWithAsync(exitCode);
        return build;
    }

    /// <summary>Publishes, and looks at what <c>dotnet</c> was asked.</summary>
    private async Task PublishesForAsync(string framework, bool asks)
    {
        File.Delete(_repository["calls"]);
        await using var build = await PublishAsync(0);

        var calls = File.ReadAllLines(_repository["calls"]);
        Assert.Equal(asks, calls.Any(call => call.StartsWith("restore ", StringComparison.Ordinal)));
        Assert.Equal(
            framework == "nothing" ? [] : [framework],
            calls.Where(call => call.StartsWith("publish src/Prestop", StringComparison.Ordinal)).Select(call => call.Split(' ')[3]).Distinct());
    }
}
