using System.Text.RegularExpressions;
using Xunit;

namespace Architecture.Tests;

/// <summary>CONTRIBUTING.md against the files that it sends readers to.</summary>
public sealed partial class ContributingTests
{
    public static TheoryData<string> Paths => [.. PathInCode().Matches(House.Read("CONTRIBUTING.md")).Select(match => match.Groups[1].Value).Distinct()];

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_path_that_is_named_exists(string path) => Assert.True(Path.Exists(House.PathTo(path)), path);

    [Theory]
    [InlineData("## Add a scheme")]
    [InlineData("## Add an option")]
    [InlineData("## Add a server")]
    [InlineData("## Add a Kubernetes kind")]
    public void What_may_be_added_has_its_half_page(string heading)
    {
        var section = House.Read("CONTRIBUTING.md").Split(heading + "\n")[1].Split("\n## ")[0];

        Assert.InRange(section.Split('\n').Length, 10, 30);
        Assert.Contains("`src/", section, StringComparison.Ordinal);
        Assert.Contains("`tests/", section, StringComparison.Ordinal);
    }

    /// <summary>A file or folder of this repository: what begins with one of its folders, or ends as its files at the root do.</summary>
    [GeneratedRegex("`((?:src|tests|man|completions|examples|deploy|docs)/[^` ]+|[A-Za-z.]+\\.(?:md|sh|props|targets|sln))`")]
    private static partial Regex PathInCode();
}
