using System.Text.RegularExpressions;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Prestop;

/// <summary>The plans that READMEs show, pasted into a shell.</summary>
public sealed partial class TranscriptTests
{
    public static TheoryData<string, string> Transcripts
    {
        get
        {
            var transcripts = new TheoryData<string, string>();
            foreach (var file in Directory.EnumerateFiles(Repository.PathTo("examples"), "README.md", SearchOption.AllDirectories)
                .Concat(Directory.EnumerateFiles(Repository.PathTo("docs"), "*.md")).Append(Repository.PathTo("README.md")))
            {
                foreach (var transcript in Transcript().Matches(File.ReadAllText(file)).Cast<Match>())
                {
                    transcripts.Add($"{transcript.Groups[1].Value}'{Repository.Published("prestop")}' {transcript.Groups[2].Value}", transcript.Groups[3].Value);
                }
            }

            return transcripts;
        }
    }

    [Theory]
    [MemberData(nameof(Transcripts))]
    public async Task The_plan_of_a_readme_is_what_it_prints(string line, string printed)
    {
        await using var shell = OnHost.Start(SystemProgram.Find("bash", "bash"), "-c", line);

        await shell.ExitsWithAsync(0);
        Assert.Equal(printed, shell.Stdout.Text);
    }

    [GeneratedRegex(@"^\$ ((?:[A-Z_]+=\S+ )*)\./build\.sh run (--dry-run .*)\n((?:(?!\$|```).*\n)*)", RegexOptions.Multiline)]
    private static partial Regex Transcript();
}
