using Prestop.Core;
using Prestop.Core.Plans;
using Prestop.Core.Waiting;
using Prestop.Linux.Processes;
using Prestop.Options;
using Prestop.Report;

namespace Prestop;

/// <summary>The wait itself: warn, run the plan, tell how it ended, hand over to the command.</summary>
internal static class Waiting
{
    /// <summary>What .NET starts for one look by the network: two workers of its pool and their supervisor, sockets, timers.</summary>
    private const int RuntimeThreads = 5;

    /// <summary>Runs a plan. Returns only when there is no command or it could not be executed.</summary>
    /// <param name="invocation">The plan and what surrounds it.</param>
    /// <param name="loop">The clock of the plan's conditions, and where it is run.</param>
    /// <returns>The exit code.</returns>
    public static int Run(Invocation.Wait invocation, MainLoop loop)
    {
        var result = loop.Run(() => RunAsync(invocation, loop));
        if (!result.GoesOn)
        {
            return result.End switch
            {
                WaitEnd.Cancelled => ExitCodes.EndedBy(loop.Signal),
                WaitEnd.DeadlineExceeded => ExitCodes.DeadlineExceeded,
                _ => ExitCodes.Broken,
            };
        }

        loop.Release();
        return loop.Signal is not 0 and var late ? ExitCodes.EndedBy(late)
            : invocation.Command.Count > 0 ? Handover.To(invocation.Command, invocation.Log)
            : ExitCodes.Done;
    }

    private static async Task<PlanResult> RunAsync(Invocation.Wait invocation, MainLoop loop)
    {
        var log = new Log(invocation.Log, loop.Time);
        using var narrator = new Narrator(invocation.Plan, log, invocation.Log.Detail, loop.Time);
        if (log.Problem is { } problem)
        {
            narrator.Tell(new LogEntry(LogEvent.Warning) { Seen = problem });
        }

        foreach (var flaw in PlanFlaws.Of(invocation))
        {
            narrator.Tell(new LogEntry(LogEvent.Warning) { Seen = flaw });
        }

        var result = await new PlanRun(Runnable(invocation.Plan), loop.Time, Random.Shared, narrator).RunAsync(loop.Terminated);
        narrator.Close(result, loop.SignalName);
        return result;
    }

    /// <summary>
    /// The plan as it can be carried out: where this process may not start the threads that looking takes, no condition can be judged. A pause
    /// needs none.
    /// </summary>
    private static Plan Runnable(Plan plan)
    {
        var conditions = plan.Steps.Count(step => step is ConditionStep);
        var atOnce = plan.Order is StepOrder.InOrder ? 1 : Math.Min(conditions, Environment.ProcessorCount);
        if (conditions == 0 || ThreadRoom.IsFor(RuntimeThreads + atOnce))
        {
            return plan;
        }

        var why = new Unaskable($"this needs {RuntimeThreads + atOnce} threads, and the limit of processes leaves fewer: raise the pod's pids limit, or 'ulimit -u'");
        return plan with { Steps = [.. plan.Steps.Select(step => step is ConditionStep ? new ConditionStep(step.Text, why) : step)] };
    }

    private sealed class Unaskable(string why) : ICondition
    {
        public ValueTask<Observation> AskAsync(CancellationToken cancellation) => new(new Observation(Finding.Broken, why));
    }
}
