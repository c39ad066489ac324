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
        PlanResult result;
        using (var narrator = new Narrator(request.Plan, log, request.Log.Detail, TimeProvider.System))
        {
            foreach (var flaw in PlanFlaws.Of(request))
            {
                narrator.Tell(new LogEntry(LogEvent.Warning) { Seen = flaw });
            }

            result = await new PlanRun(request.Plan, TimeProvider.System, Random.Shared, narrator).RunAsync(signals.Received);
            narrator.Close(result, signals.Name);
        }

        // A signal that came once the plan was over would otherwise be lost: COMMAND is not there yet to get it.
        if (signals.Number is not 0 and var number)
        {
            return ExitCodes.EndedBy(number);
        }

        return result switch
        {
            { GoesOn: true } when request.Command.Count > 0 => Handover.To(request.Command),
            { GoesOn: true } => ExitCodes.Done,
            { End: WaitEnd.DeadlineExceeded } => ExitCodes.DeadlineExceeded,
            _ => ExitCodes.Broken,
        };
    }
}
