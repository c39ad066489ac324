using Bench;
using Bench.Figures;
using Bench.Peers;
using Bench.Sections;

// No BenchmarkDotNet: it measures methods inside a .NET process; here whole foreign programs are measured, from exec to exit.
try
{
    using var folder = new TemporaryFolder();
    var peers = PeerPrograms.Compile(folder);

    // One file a section; a new one is added here.
    Section[] sections =
    [
        SleepSection.Measure(peers, folder),
        WaitSection.Measure(folder),
    ];

    foreach (var section in sections)
    {
        Console.WriteLine(section.Table);
    }

    var goals = sections.SelectMany(section => section.Goals).ToList();
    Console.Write(Goal.TableOf(goals));
    return goals.Any(goal => goal.IsMissed && goal.IsBinding) ? 1 : 0;
}
catch (BenchException failure)
{
    Console.Error.WriteLine($"bench: {failure.Message}");
    return 2;
}
