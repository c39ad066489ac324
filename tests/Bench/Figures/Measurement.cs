using Bench.Processes;
using Prestop.Testing;

namespace Bench.Figures;

/// <summary>All that one program cost.</summary>
/// <param name="Program">As the table calls it.</param>
/// <param name="FileBytes">The program file.</param>
/// <param name="ImageBytes">The same with its loader and libraries: what an image needs to run it.</param>
/// <param name="Time">From start to exit.</param>
/// <param name="MemoryBytes">While it waits, the most of a few waits; the section says by which count.</param>
/// <param name="Calls">System calls, from start to exit.</param>
internal sealed record Measurement(string Program, long FileBytes, long ImageBytes, StartToExit Time, long MemoryBytes, int Calls)
{
    private const int Waits = 3;

    /// <summary>Measures <paramref name="subjects"/> side by side, their memory by the count <paramref name="memory"/>.</summary>
    public static IReadOnlyList<Measurement> OfInterleaved(
        IReadOnlyList<Subject> subjects, int rounds, TimeSpan limit, Func<WaitingProcess, long> memory, TemporaryFolder folder)
    {
        var times = StartToExit.OfInterleaved([.. subjects.Select(subject => subject.AtOnce)], rounds, limit);
        return [.. subjects.Zip(times, (subject, time) => Of(subject, time, memory, folder))];
    }

    private static Measurement Of(Subject subject, StartToExit time, Func<WaitingProcess, long> memory, TemporaryFolder folder)
    {
        long imageBytes = 0, memoryBytes = 0;
        for (var wait = 0; wait < Waits; wait++)
        {
            var before = subject.Held?.Invoke();
            using var waiting = WaitingProcess.Start(subject.Waiting);
            waiting.Until(() => subject.Held is null || subject.Held() > before);
            waiting.UntilAsleep();
            imageBytes = waiting.BytesWithLibraries;
            memoryBytes = Math.Max(memoryBytes, memory(waiting));
        }

        return new Measurement(
            subject.Name, new FileInfo(subject.AtOnce.Words[0]).Length, imageBytes, time, memoryBytes, SystemCalls.Of(subject.AtOnce, folder));
    }
}
