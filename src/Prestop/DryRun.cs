using Prestop.Core;
using Prestop.Options;
using Prestop.Report;

namespace Prestop;

/// <summary><c>--dry-run</c>: shows a plan instead of carrying it out, and says by its exit code whether it can work.</summary>
internal static class DryRun
{
    /// <summary>Prints the plan.</summary>
    /// <param name="request">The plan and what surrounds it.</param>
    /// <returns>The exit code.</returns>
    public static int Of(Request.Wait request)
    {
        var flaws = PlanFlaws.Of(request);
        var code = Answer.Print(request.Log.AsJson ? Timeline.Json(request, flaws) : Timeline.Draw(request, flaws));
        return code is ExitCodes.Done && flaws.Count > 0 ? ExitCodes.FlawedPlan : code;
    }
}
