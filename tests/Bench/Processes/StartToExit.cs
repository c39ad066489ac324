using System.Diagnostics;

namespace Bench.Processes;

/// <summary>How long a program took from before its start until its exit was seen.</summary>
/// <param name="Median">Of all runs.</param>
/// <param name="Minimum">The run that was disturbed least.</param>
/// <param name="Runs">How many there were.</param>
internal readonly record struct StartToExit(TimeSpan Median, TimeSpan Minimum, int Runs)
{
    private const int WarmUpRounds = 5;

    /// <summary>
    /// Runs the commands in turn, <paramref name="rounds"/> times or for as long as <paramref name="limit"/> allows, so that whatever
    /// else the machine does falls on all of them alike. Each round starts with another one: nobody always follows the same neighbour.
    /// </summary>
    public static IReadOnlyList<StartToExit> OfInterleaved(IReadOnlyList<Command> commands, int rounds, TimeSpan limit)
    {
        for (var round = 0; round < WarmUpRounds; round++)
        {
            foreach (var command in commands)
            {
                command.Run();
            }
        }

        var times = commands.Select(_ => new List<TimeSpan>(rounds)).ToList();
        var start = Stopwatch.GetTimestamp();
        for (var round = 0; round < rounds && Stopwatch.GetElapsedTime(start) < limit; round++)
        {
            for (var turn = 0; turn < commands.Count; turn++)
            {
                var index = (round + turn) % commands.Count;
                times[index].Add(commands[index].Run());
            }
        }

        return [.. times.Select(Summary)];
    }

    private static StartToExit Summary(List<TimeSpan> times)
    {
        times.Sort();
        return new StartToExit(times[times.Count / 2], times[0], times.Count);
    }
}
