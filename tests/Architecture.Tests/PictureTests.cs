using System.Xml.Linq;
using Bench.Figures;
using Xunit;

namespace Architecture.Tests;

/// <summary>The README's picture of the last minute, which <c>./build.sh bench rollout</c> draws, against the table beside it.</summary>
public sealed class PictureTests
{
    private const string Path = "docs/last-minute.svg";

    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static IReadOnlyList<LastMinute> Rows => [.. House.Read("README.md").Split('\n').Select(LastMinute.Read).OfType<LastMinute>()];

    [Fact]
    public void The_readme_shows_it() => Assert.Matches($@"!\[[^\]]{{20,}}\]\({Path}\)", House.Read("README.md"));

    [Fact]
    public void It_is_drawn_from_the_rows_of_the_readme()
    {
        if (Environment.GetEnvironmentVariable("PRESTOPSLEEP_UPDATE") is "1")
        {
            File.WriteAllText(House.PathTo(Path), LastMinute.Draw(Rows));
        }

        Assert.True(LastMinute.Draw(Rows) == House.Read(Path), $"{Path} is not of README.md's figures: run PRESTOPSLEEP_UPDATE=1 ./build.sh test");
    }

    [Fact]
    public void It_says_every_figure_and_nothing_that_a_browser_would_not_show_in_an_image()
    {
        var picture = XElement.Parse(House.Read(Path));
        var texts = picture.Descendants(Svg + "text").Select(text => text.Value).ToList();

        Assert.Equal(Svg + "svg", picture.Name);
        Assert.All(Rows, row => Assert.Contains(texts, text => text.StartsWith(row.Failed == 0 ? "none failed" : $"{row.Failed:N0} failed", StringComparison.Ordinal)));
        Assert.DoesNotContain(picture.Descendants(), element => element.Name.LocalName is "script" or "image" or "foreignObject");
        Assert.Contains("prefers-color-scheme: dark", picture.Element(Svg + "style")!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bar_ends_at_SIGTERM_and_what_is_lost_begins_there()
    {
        var picture = XElement.Parse(LastMinute.Draw([new LastMinute(8, "`sleep 6`", 1_000, 20, 6), new LastMinute(8, "`a`", 1_000, 0, 10)]));
        var bars = picture.Elements(Svg + "rect").Skip(3).ToLookup(bar => (string)bar.Attribute("y")!, bar => ((string)bar.Attribute("class")!, (double)bar.Attribute("x")!, (double)bar.Attribute("width")!)).Select(row => row.ToList()).ToList();

        Assert.Equal(["serves", "lost"], bars[0].Select(bar => bar.Item1));
        Assert.Equal(["serves", "waits"], bars[1].Select(bar => bar.Item1));
        Assert.Equal(bars[0][0].Item2 + bars[0][0].Item3, bars[0][1].Item2, tolerance: 0.1);
        Assert.Equal(6 / 2.0, bars[0][0].Item3 / bars[0][1].Item3, tolerance: 0.01);
        Assert.Equal(8 / 2.0, bars[1][0].Item3 / bars[1][1].Item3, tolerance: 0.01);
    }

    [Theory]
    [InlineData("| 2 s | no hook | 2,414 | 305 | 0.0 s |", 305)]
    [InlineData("| 8 s | `sleep 8.25`, just enough | 6,164 | 0 | 8.3 s |", 0)]
    public void A_row_is_read_as_it_was_written(string row, long failed)
    {
        var read = LastMinute.Read(row);

        Assert.Equal((row, failed), (read?.Row, read?.Failed));
    }

    [Theory]
    [InlineData("| hook | requests |")]
    [InlineData("| 0 | done; or not done |")]
    [InlineData("|---|---|---|---|---|")]
    public void Another_row_is_not(string row) => Assert.Null(LastMinute.Read(row));
}
