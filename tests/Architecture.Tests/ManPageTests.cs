using System.Diagnostics;
using Xunit;

namespace Architecture.Tests;

public class ManPageTests
{
    public static TheoryData<string> Pages => [.. ManPage.Texts.Keys];

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_page_is_in_step_with_the_tables(string name)
    {
        var page = House.PathTo("man", name);
        if (Environment.GetEnvironmentVariable("PRESTOPSLEEP_UPDATE") is "1")
        {
            File.WriteAllText(page, ManPage.Texts[name]);
        }

        Assert.True(ManPage.Texts[name] == File.ReadAllText(page), $"man/{name} is out of date: run PRESTOPSLEEP_UPDATE=1 ./build.sh test");
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_page_is_valid(string name)
    {
        using var lint = Process.Start(new ProcessStartInfo("mandoc", ["-T", "lint", "-W", "warning", House.PathTo("man", name)]) { RedirectStandardOutput = true })!;

        Assert.Empty(lint.StandardOutput.ReadToEnd());
        lint.WaitForExit();
        Assert.Equal(0, lint.ExitCode);
    }

    [Fact]
    public void Every_page_that_is_there_is_tested() =>
        Assert.Equal(ManPage.Texts.Keys.Order(), Directory.EnumerateFiles(House.PathTo("man")).Select(Path.GetFileName).Order());
}
