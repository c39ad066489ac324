using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Prestop;

/// <summary>The README's table "Beside others", as far as the others are on this machine.</summary>
public sealed class ComparisonTests
{
    [Theory]
    [InlineData("sleep", "coreutils")]
    [InlineData("curl", "curl")]
    public async Task It_needs_libraries(string program, string package)
    {
        await using var ldd = OnHost.Start(SystemProgram.Find("ldd", "libc-bin"), SystemProgram.Find(program, package));

        await ldd.ExitsWithAsync(0);
        Assert.Contains(ldd.Stdout.Lines, line => line.Contains("libc.so.6 => ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("0.01", 0)]
    [InlineData("0m10ms", 1)]
    [InlineData("$(SECONDS)", 1)]
    public async Task GNU_sleep_takes_fractions_and_neither_compound_durations_nor_variables(string operand, int code)
    {
        await using var sleep = OnHost.Start(SystemProgram.Find("sleep", "coreutils"), operand);

        await sleep.ExitsWithAsync(code);
    }

    [Theory]
    [InlineData("prestop", "0.01")]
    [InlineData("prestop", "0m10ms")]
    [InlineData("prestop", "$(SECONDS)")]
    [InlineData("sleep", "0.01")]
    [InlineData("sleep", "0m10ms")]
    public async Task Ours_take_them_and_prestop_variables_too(string program, string operand)
    {
        await using var ours = new EmptyRoot { Environment = new() { ["SECONDS"] = "10ms" } }.Run(program, operand);

        await ours.ExitsWithAsync(0);
    }
}
