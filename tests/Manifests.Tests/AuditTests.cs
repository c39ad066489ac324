using System.Text.Json;
using Prestop.Kubeconfig;
using Prestopd.Controller;
using Prestopd.Controller.Audit;
using Xunit;
using Audited = Prestopd.Controller.Audit.Manifests;

namespace Manifests.Tests;

/// <summary>What is shown to others keeps to the rules by which <c>prestopd controller audit</c> judges theirs.</summary>
public sealed class AuditTests
{
    /// <summary>Every file beside its folder: what a Service selects, or a budget covers, stands in the same one.</summary>
    public static TheoryData<string> Folders => [.. Files.Select(file => Path.GetDirectoryName(file)!).Distinct()];

    private static IEnumerable<string> Files => Manifest.Files("*.yaml").Where(file => !ChartValues.IsChart(file));

    [Theory]
    [MemberData(nameof(Folders))]
    public void Nothing_is_found_in_a_folder(string folder)
    {
        var manifests = new Audited(DrainMode.Off);
        foreach (var file in Files.Where(file => Path.GetDirectoryName(file) == folder))
        {
            Add(manifests, Repository.Read(file));
        }

        Assert.Empty(AuditRules.Run(manifests));
    }

    [Fact]
    public void What_is_found_elsewhere_would_be_found_here()
    {
        var manifests = new Audited(DrainMode.Off);
        Add(manifests, Repository.Read("examples/scratch-sleep/kubernetes.yaml").Replace("preStop:", "postStart:", StringComparison.Ordinal));

        Assert.Equal(["no-hook"], AuditRules.Run(manifests).Select(finding => finding.Rule).Distinct());
    }

    internal static void Add(Audited manifests, string yaml)
    {
        var documents = YamlDocuments.Read(yaml, out var problem);
        Assert.True(documents is not null, problem);
        foreach (var node in documents)
        {
            using var document = JsonDocument.Parse(node.ToJsonString());
            manifests.Add(document.RootElement);
        }
    }
}
