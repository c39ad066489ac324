using System.Diagnostics;
using Xunit;

namespace Architecture.Tests;

public class ManPageTests
{
    private static readonly string Page = House.PathTo("man", "prestop.1");

    [Fact]
    public void The_page_is_in_step_with_the_tables()
    {
        if (Environment.GetEnvironmentVariable("PRESTOPSLEEP_UPDATE") is "1")
        {
            File.WriteAllText(Page, ManPage.Text);
        }

        Assert.True(ManPage.Text == File.ReadAllText(Page), "man/prestop.1 is out of date: run PRESTOPSLEEP_UPDATE=1 ./build.sh test");
    }

    [Fact]
    public void The_page_is_valid()
    {
        using var lint = Process.Start(new ProcessStartInfo("mandoc", ["-T", "lint", "-W", "warning", Page]) { RedirectStandardOutput = true })!;

        Assert.Empty(lint.StandardOutput.ReadToEnd());
        lint.WaitForExit();
        Assert.Equal(0, lint.ExitCode);
    }
}
