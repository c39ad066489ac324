using Prestop.Core;
using Prestop.Core.Plans;
using Prestop.Core.Waiting;
using Prestop.Linux.Certificates;
using Prestop.Linux.Processes;
using Prestop.Options;
using Prestop.Report;

namespace Prestop;

/// <summary>The wait itself: warn, run the plan, tell how it ended, hand over to the command.</summary>
internal static class Waiting
{
    /// <summary>Runs a plan. Returns only when there is no command or it could not be executed.</summary>
    /// <param name="request">The plan and what surrounds it.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(Request.Wait request)
    {
        MissingHome.Name();
        var log = new Log(request.Log, TimeProvider.System);
        using var signals = new TerminationSignals();
        WaitResult result;
        using (var narrator = new Narrator(request.Plan, log, request.Log.Detail, TimeProvider.System))
        {
            if (GraceWarning.For(request) is { } warning)
            {
                narrator.Tell(new LogEntry(LogEvent.Warning) { Seen = warning });
            }

            result = await new PlanRun(request.Plan, TimeProvider.System, Random.Shared, narrator).RunAsync(signals.Received);
            narrator.Tell(Closing(result, signals));
        }

        // A signal that came once the plan was over would otherwise be lost: COMMAND is not there yet to get it.
        if (signals.Number is not 0 and var number)
        {
            return ExitCodes.EndedBy(number);
        }

        return result.End switch
        {
            WaitEnd.Met when request.Command.Count > 0 => Handover.To(request.Command),
            WaitEnd.Met => ExitCodes.Done,
            WaitEnd.DeadlineExceeded => ExitCodes.DeadlineExceeded,
            _ => ExitCodes.Broken,
        };
    }

    private static LogEntry Closing(WaitResult result, TerminationSignals signals) => result.End switch
    {
        WaitEnd.Met => new(LogEvent.Done) { End = result.End, Seen = result.Seen, Elapsed = result.Elapsed },
        WaitEnd.Cancelled => new(LogEvent.Interrupted) { End = result.End, Seen = signals.Name, Elapsed = result.Elapsed },
        _ => new(LogEvent.Failed) { End = result.End, Seen = result.Seen, Elapsed = result.Elapsed },
    };
}
