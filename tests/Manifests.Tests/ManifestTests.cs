using k8s;
using Xunit;

namespace Manifests.Tests;

public sealed class ManifestTests
{
    [Fact]
    public void Probe()
    {
        var good = KubernetesYaml.LoadAllFromString("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: b}]}\n", strict: true);
        Assert.Single(good);
        Assert.ThrowsAny<Exception>(() => KubernetesYaml.LoadAllFromString("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containerz: [{name: a, image: b}]}\n", strict: true));
    }
}
