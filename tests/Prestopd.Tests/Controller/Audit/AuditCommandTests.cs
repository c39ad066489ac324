using System.Text.Json.Nodes;
using Prestop.Core.Options;
using Prestopd.Controller.Audit;
using Xunit;

namespace Prestopd.Tests.Controller.Audit;

public sealed class AuditCommandTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    [Theory]
    [InlineData("{kind: Deployment, metadata: {name: web}}", "--file '{0}': document 1 is no Deployment that the API server would take")]
    [InlineData("a: b: c", "--file '{0}': line 1: this is not YAML")]
    [InlineData("a: b\n---\nkind: Service", "--file '{0}': document 2 is no Service that the API server would take")]
    public void A_file_that_cannot_be_read_is_told(string content, string problem)
    {
        File.WriteAllText(_file, content);

        Assert.Equal([string.Format(problem, _file)], Problems("-f", _file));
    }

    [Fact]
    public void What_cannot_be_looked_at_is_told()
    {
        Assert.Equal(["--file '/nowhere/x.yaml': there is no such file"], Problems("--file", "/nowhere/x.yaml"));
        Assert.Equal([$"--file '{Path.GetTempPath()}': is a folder; write its files"], Problems("--file", Path.GetTempPath()));
        Assert.Equal(["--output 'xml': unknown; write text or json"], Problems("-f", _file, "-o", "xml"));
        Assert.Equal(
            [
                "--context 'prod': with --file no cluster is asked; leave one of them out", "--namespace 'shop': with --file no cluster is asked; leave one of them out",
                "--all-namespaces: with --file no cluster is asked; leave one of them out",
            ],
            Problems("-f", _file, "--context", "prod", "-n", "shop", "-A"));
    }

    [Fact]
    public void A_file_above_the_limit_is_not_read()
    {
        File.WriteAllText(_file, new string('#', (10 * 1024 * 1024) + 1));

        Assert.Equal([$"--file '{_file}': longer than 10485760 bytes; write several files, or have the cluster itself looked at"], Problems("-f", _file));
    }

    [Fact]
    public void Without_a_file_there_must_be_a_cluster()
    {
        Assert.Equal(
            ["no cluster to look at: neither KUBECONFIG nor HOME is set; name a kubeconfig file; or write -f FILE, or -f - for standard input"],
            Problems());
        Assert.Equal(
            ["--namespace 'shop': --all-namespaces is given too; write one of them", "no cluster to look at: /nowhere does not exist; or write -f FILE, or -f - for standard input"],
            Problems("-A", "-n", "shop", "--kubeconfig", "/nowhere"));
    }

    [Fact]
    public void What_is_found_is_a_line_or_an_object_each()
    {
        Finding[] findings = [new("no-hook", true, "Deployment web, container a\nb", "why", "fix"), new("budget-blocks", false, "s", "w", "f")];

        Assert.Equal("Deployment web, container a\\nb: no-hook: why; fix\ns: budget-blocks: w; f\n2 found, 1 of which lose requests\n", AuditCommand.Text(findings));
        Assert.Equal("nothing found\n", AuditCommand.Text([]));
        Assert.Equal(
            """{"rule":"budget-blocks","loses_requests":false,"subject":"s","why":"w","fix":"f"}""",
            JsonNode.Parse(AuditCommand.Json(findings))![1]!.ToJsonString());
    }

    public void Dispose() => File.Delete(_file);

    private static List<string> Problems(params string[] words)
    {
        var options = new OptionReader(CommandLine.Read(words, AuditCommand.Specification.Options), _ => null);
        AuditCommand.Specification.Read(options);
        return options.Problems;
    }
}
