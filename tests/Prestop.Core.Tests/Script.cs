using Prestop.Core.Waiting;

namespace Prestop.Core.Tests;

/// <summary>A condition that answers what it was told to, the last answer again and again.</summary>
internal sealed class Script(params Observation[] answers) : ICondition
{
    public static readonly Observation Met = new(Finding.Met, "met");
    public static readonly Observation NotMet = new(Finding.NotMet, "not met");
    public static readonly Observation Absent = new(Finding.Absent, "absent");
    public static readonly Observation Unclear = new(Finding.Unclear, "unclear");
    public static readonly Observation Broken = new(Finding.Broken, "broken");

    public int Asked { get; private set; }

    public bool IsBeingJudged { get; init; }

    public bool CanBeWatched { get; init; } = true;

    public TimeSpan ShortestWait { get; init; }

    public Observation? Settled { get; init; }

    public bool WasCancelled { get; private set; }

    public int Disposed { get; private set; }

    /// <summary>Never answers, and stops when it is told to.</summary>
    public static Script Hanging() => new();

    public async ValueTask<Observation> AskAsync(CancellationToken cancellation)
    {
        Asked++;
        if (answers.Length > 0)
        {
            return answers[Math.Min(Asked, answers.Length) - 1];
        }

        using var told = cancellation.Register(() => WasCancelled = true);
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
        throw new InvalidOperationException("an infinite delay has ended");
    }

    public Observation? AtDeadline() => Settled;

    public ValueTask DisposeAsync()
    {
        Disposed++;
        return ValueTask.CompletedTask;
    }
}
