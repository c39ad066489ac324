using Bench;
using Bench.Figures;
using Bench.Order;
using Bench.Peers;
using Bench.Sections;
using Prestop.Testing;

// No BenchmarkDotNet: it measures methods inside a .NET process; here it is whole foreign programs, from exec to exit, and the kernel.
try
{
    using var folder = new TemporaryFolder();
    if (args is ["order", var map, var list])
    {
        Console.WriteLine($"{FunctionOrder.Write(map, list, folder)} functions in {list}");
        return 0;
    }

    // One file a section; a new one is added here.
    (string Name, Func<Section> Measure)[] all =
    [
        ("sleep", () => SleepSection.Measure(PeerPrograms.Compile(folder), folder)),
        ("wait", () => WaitSection.Measure(folder)),
        ("sockets", SocketTableSection.Measure),
        ("schemes", () => SchemeSection.Measure(folder)),
        ("drain", () => DrainSection.Measure(folder)),
        ("elb", () => ElbSection.Measure(folder)),
        ("controller", () => ControllerSection.Measure(folder)),
        ("evidence", SimulationSection.Measure),
        ("evidence", ProbeSimulationSection.Measure),
        ("evidence", () => EvidenceSection.Measure(folder)),
        ("rollout", () => RolloutSection.Measure(folder)),
    ];
    if (args.FirstOrDefault(name => all.All(section => section.Name != name)) is { } unknown)
    {
        throw new BenchException($"there is no section '{unknown}': name one or more of {string.Join(", ", all.Select(section => section.Name))}");
    }

    var sections = new List<Section>();
    foreach (var (_, measure) in all.Where(section => args.Length == 0 || args.Contains(section.Name)))
    {
        sections.Add(measure());
        Console.WriteLine(sections[^1].Table);
    }

    var goals = sections.SelectMany(section => section.Goals).ToList();
    if (goals.Count > 0)
    {
        Console.Write(Goal.TableOf(goals));
    }

    return goals.Any(goal => goal.IsMissed && goal.IsBinding) ? 1 : 0;
}
catch (BenchException failure)
{
    Console.Error.WriteLine($"bench: {failure.Message}");
    return 2;
}
