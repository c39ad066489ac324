using Prestop.Testing;
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
    public async Task A_page_is_valid(string name)
    {
        await using var lint = OnHost.Start(SystemProgram.Find("mandoc", "mandoc"), "-T", "lint", "-W", "warning", House.PathTo("man", name));

        await lint.ExitsWithAsync(0);
        Assert.Empty(lint.Stdout.Text);
    }

    [Fact]
    public void Every_page_that_is_there_is_tested() =>
        Assert.Equal(ManPage.Texts.Keys.Order(), Directory.EnumerateFiles(House.PathTo("man")).Select(Path.GetFileName).Order());
}
