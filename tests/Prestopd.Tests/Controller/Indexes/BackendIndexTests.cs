using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Prestop.Kubernetes.Objects;
using Prestop.Kubernetes.Watching;
using Prestopd.Controller.Indexes;
using Xunit;

namespace Prestopd.Tests.Controller.Indexes;

public sealed class BackendIndexTests
{
    /// <summary>Whatever comes and goes, objects of one name in two namespaces included: the same that a look at each of them finds.</summary>
    [Fact]
    public void It_finds_what_a_look_at_all_of_them_finds() => Prop.ForAll<byte[]>(bytes =>
    {
        var index = new BackendIndex<TargetGroupBinding>(binding => [new(binding.Metadata.Namespace, binding.Service)]);
        var all = new Dictionary<(string, string), TargetGroupBinding>();
        foreach (var step in bytes.Chunk(3).Where(step => step.Length == 3))
        {
            var key = ($"ns{step[0] % 2}", $"b{step[1] % 4}");
            var binding = Binding(key.Item1, key.Item2, $"s{step[2] % 3}");
            var isDeleted = step[2] % 5 == 4;
            index.Follow(new Change<TargetGroupBinding>(isDeleted ? ChangeType.Deleted : ChangeType.Modified, binding, null));
            if (isDeleted)
            {
                all.Remove(key);
            }
            else
            {
                all[key] = binding;
            }
        }

        return (from space in new[] { "ns0", "ns1" } from service in new[] { "s0", "s1", "s2" } select new ServiceReference(space, service)).All(backend =>
            index.Naming(backend).ToHashSet().SetEquals(all.Values.Where(binding => binding.Metadata.Namespace == backend.Namespace && binding.Service == backend.Name)));
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("""{"serviceRef": {"name": "web", "port": 80}, "targetGroupARN": "arn:1", "targetType": "ip"}""", "web", "arn:1")]
    [InlineData("""{"serviceRef": {"name": "web", "port": "http"}, "targetGroupName": "web-group"}""", "web", "web-group")]
    [InlineData("""{"serviceRef": null}""", "", "")]
    public void A_binding_names_a_Service_and_a_target_group(string spec, string service, string group)
    {
        var binding = TargetGroupBinding.Resource.Parse(Encoding.UTF8.GetBytes($$"""{"metadata": {"name": "b", "namespace": "rec"}, "spec": {{spec}} }"""));

        Assert.Equal((service, group), (binding.Service, binding.TargetGroup));
    }

    private static TargetGroupBinding Binding(string @namespace, string name, string service) => TargetGroupBinding.Resource.Parse(Encoding.UTF8.GetBytes(
        $$"""{"metadata": {"name": "{{name}}", "namespace": "{{@namespace}}"}, "spec": {"serviceRef": {"name": "{{service}}"}, "targetGroupARN": "arn"} }"""));
}
