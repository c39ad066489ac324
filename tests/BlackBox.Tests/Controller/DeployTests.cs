using BlackBox.Tests.Elb;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Controller;

/// <summary>The manifests in <c>deploy/controller</c> as kubectl puts them together.</summary>
public sealed class DeployTests
{
    [Fact]
    public async Task Kustomize_takes_every_file()
    {
        await using var kustomize = OnHost.Start(SystemProgram.Kubectl, "kustomize", Repository.PathTo("deploy/controller"));
        await kustomize.ExitsWithAsync(0);
        var files = Directory.EnumerateFiles(Repository.PathTo("deploy/controller"), "*.yaml").Where(file => !file.EndsWith("kustomization.yaml", StringComparison.Ordinal));

        Assert.Equal(
            files.SelectMany(file => Manifests.In(File.ReadAllText(file))).Select(Name).Order(),
            Manifests.In(kustomize.Stdout.Text).Select(Name).Order());

        static string Name(Manifests.Node manifest) => $"{manifest.At("kind")!.Text} {manifest.At("metadata", "namespace")?.Text} {manifest.At("metadata", "name")!.Text}";
    }
}
