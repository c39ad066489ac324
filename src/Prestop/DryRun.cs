using Prestop.Core;
using Prestop.Options;
using Prestop.Report;

namespace Prestop;

/// <summary><c>--dry-run</c>: shows a plan instead of carrying it out, and says by its exit code whether it can work.</summary>
internal static class DryRun
{
    /// <summary>Prints the plan.</summary>
    /// <param name="invocation">The plan and what surrounds it.</param>
    /// <returns>The exit code.</returns>
    public static int Of(Invocation.Wait invocation)
    {
        var flaws = PlanFlaws.Of(invocation);
        var code = Output.Print(invocation.Log.AsJson ? Timeline.Json(invocation, flaws) : Timeline.Draw(invocation, flaws));
        return code is ExitCodes.Done && flaws.Count > 0 ? ExitCodes.FlawedPlan : code;
    }
}
