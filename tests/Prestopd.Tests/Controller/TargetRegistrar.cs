using System.Text.Json.Nodes;
using Prestop.Elb.Tests.ElbService;
using Prestop.Testing.Cluster;

namespace Prestopd.Tests.Controller;

/// <summary>
/// Does what AWS Load Balancer Controller does by a TargetGroupBinding: registers the ready pods that its Service selects, and deregisters those that it does not select any
/// more, some time after they have changed.
/// </summary>
internal sealed class TargetRegistrar
{
    private readonly ControlledCluster _cluster;
    private readonly List<(string Service, ModelGroup Group)> _bound = [];
    private readonly HashSet<(ModelGroup Group, string Address)> _wanted = [];
    private readonly HashSet<(ModelGroup Group, string Address)> _registered = [];

    public TargetRegistrar(ControlledCluster cluster)
    {
        _cluster = cluster;
        cluster.Api.Store.Changed += Follow;
    }

    private readonly Dictionary<(ModelGroup Group, string Address), TimeSpan> _leftAt = [];

    /// <summary>How long after a change it acts.</summary>
    public Func<TimeSpan> Lag { get; set; } = () => TimeSpan.FromSeconds(2);

    /// <summary>When a target was deregistered last; null when it is registered, or never was.</summary>
    public TimeSpan? LeftAt(ModelGroup group, string address) => _leftAt.TryGetValue((group, address), out var at) ? at : null;

    /// <summary>Binds a Service to a target group of its own.</summary>
    public ModelGroup Bind(string service, string balancer = "application", string targetType = "ip", string? name = null)
    {
        name ??= $"k8s-{service}";
        var group = _cluster.Aws!.AddGroup(name, _cluster.Aws.AddBalancer(name, balancer), targetType);
        group.InitialChecks = TimeSpan.Zero;
        _bound.Add((service, group));
        _cluster.Put($$"""
            {"kind": "TargetGroupBinding", "metadata": {"name": "{{name}}", "namespace": "rec"},
             "spec": {"serviceRef": {"name": "{{service}}", "port": 80}, "targetGroupARN": "{{group.Arn}}", "targetType": "{{targetType}}"} }
            """);
        return group;
    }

    private void Follow()
    {
        foreach (var (service, group) in _bound.Where(bound => bound.Group.TargetType == "ip"))
        {
            if (_cluster.Api.Store.Find(ApiKind.Service, "rec", service) is not { } found)
            {
                continue;
            }

            foreach (var pod in _cluster.Api.Store.All(ApiKind.Pod, "rec"))
            {
                if (pod.Items("status", "podIPs").FirstOrDefault().Text("ip") is { } address)
                {
                    See(group, address, IsWanted(found, pod));
                }
            }
        }
    }

    private void See(ModelGroup group, string address, bool isWanted)
    {
        var target = (group, address);
        if (isWanted ? !_wanted.Add(target) : !_wanted.Remove(target))
        {
            return;
        }

        _cluster.Clock.At(_cluster.Clock.Now + Lag(), () =>
        {
            if (_wanted.Contains(target) && _registered.Add(target))
            {
                _leftAt.Remove(target);
                group.Register(address);
            }
            else if (!_wanted.Contains(target) && _registered.Remove(target))
            {
                _leftAt[target] = _cluster.Clock.Now;
                group.Deregister(address);
            }
        });
    }

    private static bool IsWanted(JsonObject service, JsonObject pod) =>
        !pod.IsTerminating()
        && pod.IsReady()
        && service.At("spec", "selector")!.AsObject().All(label => pod.Labels().Text(label.Key) == (string?)label.Value);
}
