using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Prestop;

/// <summary>The scripts in <c>completions/</c> in the shells that they are for, asking the published program.</summary>
public sealed class CompletionTests
{
    private static readonly string Programs = Path.GetDirectoryName(Repository.Published("prestop"))!;
    private static readonly string Scripts = Path.Combine(Path.GetDirectoryName(Programs)!, "completions");

    public static TheoryData<string, string> Lines => new()
    {
        { "prestop --on-failure ", "continue stop" },
        { "prestop --ma", "--max" },
        { "prestop 5s --log-to p", "pid1" },
        { "prestop --any endp", "endpoints://" },
        { "prestop --max 5s endp", "endpoints://" },
        { "prestop ins", "install" },
    };

    [Theory]
    [MemberData(nameof(Lines))]
    [InlineData("prestop 5s gone:endp", "endpoints://")]
    public async Task Bash_completes(string line, string expected) =>
        Assert.Equal(expected, await SuggestedAsync(
            "/bin/bash",
            $$"""
            source {{Scripts}}/prestop.bash
            COMP_LINE='{{line}}' COMP_POINT={{line.Length}}
            _prestop
            printf '%s\n' "${COMPREPLY[@]}"
            """));

    [Theory]
    [MemberData(nameof(Lines))]
    [InlineData("prestop 5s gone:endp", "gone:endpoints://")]
    public async Task Fish_completes(string line, string expected) =>
        Assert.Equal(expected, await SuggestedAsync("/usr/bin/fish", $"source {Scripts}/prestop.fish; complete -C '{line}'"));

    [Theory]
    [MemberData(nameof(Lines))]
    [InlineData("prestop 5s gone:endp", "gone:endpoints://")]
    public async Task Zsh_completes(string line, string expected) =>
        Assert.Equal(expected, await SuggestedAsync(
            "/bin/zsh", $$"""compadd() { print -l -- $suggestions }; BUFFER='{{line}}' CURSOR={{line.Length}}; source {{Scripts}}/_prestop"""));

    private static async Task<string> SuggestedAsync(string shell, string script)
    {
        using var home = new TemporaryFolder();
        var host = new OnHost { Environment = { ["PATH"] = $"{Programs}:/usr/bin:/bin", ["HOME"] = home.Path } };
        await using var run = host.Run(shell, "-c", script);
        await run.ExitsWithAsync(0);
        return string.Join(' ', run.Stdout.Lines.Select(suggestion => suggestion.Trim()).Order(StringComparer.Ordinal));
    }
}
