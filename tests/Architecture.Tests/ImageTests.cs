using System.Text.RegularExpressions;
using Xunit;

namespace Architecture.Tests;

public partial class ImageTests
{
    [Theory]
    [InlineData("sleep")]
    [InlineData("prestop")]
    [InlineData("prestopd")]
    public void An_image_holds_its_program_alone_and_runs_as_nobody(string program)
    {
        var stage = House.Read("Dockerfile.build").Split("\nFROM ").Single(stage => stage.StartsWith($"scratch AS {program}\n", StringComparison.Ordinal));

        Assert.Contains($"\nCOPY --from=build /prestopsleep/out/{program} /bin/{program}\n", stage, StringComparison.Ordinal);
        Assert.Contains("\nUSER 65532:65532\n", stage, StringComparison.Ordinal);
        Assert.Contains($"\nENTRYPOINT [\"/bin/{program}\"]\n", stage, StringComparison.Ordinal);
        Assert.Contains($"org.opencontainers.image.title=\"{program}\"", stage, StringComparison.Ordinal);
        foreach (var label in (string[])["version", "revision", "source"])
        {
            var argument = label.ToUpperInvariant();
            Assert.Contains($"org.opencontainers.image.{label}=\"${argument}\"", stage, StringComparison.Ordinal);
            Assert.Contains($" {argument}=", stage, StringComparison.Ordinal);
            Assert.Contains($"--build-arg {argument}=\"${label}\"", House.Read("build.sh"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_readme_and_the_reference_name_images_as_build_sh_tags_them()
    {
        var version = Version().Match(House.Read("Directory.Build.props")).Groups[1].Value;
        var pages = Directory.EnumerateFiles(House.PathTo("docs"), "*.md").Append(House.PathTo("README.md")).Select(File.ReadAllText);
        var named = pages.SelectMany(page => Named().Matches(page)).Select(match => match.Groups[1].Value).ToArray();

        Assert.Contains($"registry.example/prestopd:{version}", named);
        Assert.All(named, name => Assert.Matches($"^registry\\.example/(sleep|prestop|prestopd):{Regex.Escape(version)}$", name));
    }

    [GeneratedRegex("<Version>(.+)</Version>")]
    private static partial Regex Version();

    [GeneratedRegex("(?:\\bimage: |--from=)(\\S+)")]
    private static partial Regex Named();
}
