using Prestop.Elb.Client;
using Prestop.Elb.Draining;

namespace Prestop.Elb.Tests.Draining;

/// <summary>Keeps what waits tell.</summary>
internal sealed class WaitDiary : IDrainObserver
{
    public List<string> Changes { get; } = [];

    public List<string> Groups { get; } = [];

    public void Found(IReadOnlyList<TargetGroup> groups) => Groups.AddRange(groups.Select(group => group.Name));

    public void Changed(string seen) => Changes.Add(seen);
}
