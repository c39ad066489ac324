using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Prestop.Kubernetes.Objects;
using Prestop.Kubernetes.Watching;
using Prestopd.Controller.Indexes;
using Prestopd.Tests.Controller.Isolation;
using Xunit;

namespace Prestopd.Tests.Controller.Indexes;

public sealed class SelectorIndexTests
{
    [Fact]
    public void A_Service_without_a_selector_selects_nothing()
    {
        var index = new SelectorIndex<Service>(service => service.Selector);
        index.Follow(new Change<Service>(ChangeType.Added, Service("a", """{"ports": []}"""), null));
        index.Follow(new Change<Service>(ChangeType.Added, Service("b", """{"selector": {}}"""), null));
        index.Follow(new Change<Service>(ChangeType.Added, Service("c", """{"type": "ExternalName", "selector": {"app": "web"}}"""), null));

        Assert.Empty(index.Selecting("rec", new Dictionary<string, string> { ["app"] = "web" }));
    }

    [Fact]
    public void A_budget_may_ask_for_no_label_in_particular()
    {
        var all = Views.Budget(1, name: "all", selector: "{}");
        var some = Views.Budget(1, name: "some", selector: """{"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["back"]}]}""");
        var none = Views.Budget(1, name: "none", selector: "null");
        var index = new SelectorIndex<PodDisruptionBudget>(budget => budget.Selector);
        foreach (var budget in (PodDisruptionBudget[])[all, some, none])
        {
            index.Follow(new Change<PodDisruptionBudget>(ChangeType.Added, budget, null));
        }

        Assert.Equal([all, some], index.Selecting("rec", new Dictionary<string, string> { ["tier"] = "front" }));
        Assert.Equal([all], index.Selecting("rec", new Dictionary<string, string> { ["tier"] = "back" }));
        Assert.Empty(index.Selecting("other", new Dictionary<string, string> { ["tier"] = "front" }));
    }

    /// <summary>Whatever comes and goes: the same Services that a look at each of them finds.</summary>
    [Fact]
    public void It_finds_what_a_look_at_all_of_them_finds() => Prop.ForAll<byte[]>(bytes =>
    {
        var index = new SelectorIndex<Service>(service => service.Selector);
        var all = new Dictionary<string, Service>();
        foreach (var step in bytes.Chunk(3).Where(step => step.Length == 3))
        {
            var name = $"s{step[0] % 5}";
            var service = Service(name, $$"""{"selector": {"app": "{{step[1] % 3}}", "role": "{{step[2] % 2}}"} }""");
            var before = all.GetValueOrDefault(name);
            var isDeleted = step[0] % 4 == 3;
            index.Follow(new Change<Service>(isDeleted ? ChangeType.Deleted : before is null ? ChangeType.Added : ChangeType.Modified, service, before));
            if (isDeleted)
            {
                all.Remove(name);
            }
            else
            {
                all[name] = service;
            }

            var labels = new Dictionary<string, string> { ["app"] = $"{step[1] % 3}", ["role"] = $"{step[2] / 2 % 2}", ["other"] = "x" };
            Assert.Equal(
                all.Values.Where(each => each.Selector!.Selects(labels)).Select(each => each.Metadata.Name).Order(),
                index.Selecting("rec", labels).Select(each => each.Metadata.Name).Order());
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    private static Service Service(string name, string spec) => Prestop.Kubernetes.Objects.Service.Resource.Parse(
        Encoding.UTF8.GetBytes($$"""{"metadata": {"name": "{{name}}", "namespace": "rec"}, "spec": {{spec}} }"""));
}
