using Prestop.Options;

namespace Prestop.Report;

/// <summary>Whether a plan fits into the pod's grace period.</summary>
internal static class GraceWarning
{
    /// <summary>
    /// What the plan must leave of the grace period. The kubelet counts the hook's time against it and gives the application
    /// at least this long afterwards (minimumGracePeriodInSeconds in kuberuntime_container.go); the hook itself gets no more.
    /// </summary>
    public static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    /// <summary>The warning, or null when the plan fits or no grace period was given.</summary>
    /// <param name="request">The plan and the grace period.</param>
    public static string? For(Request.Wait request)
    {
        if (request.Grace is not { } grace || request.Plan.LongestRun <= grace - Margin)
        {
            return null;
        }

        var longest = request.Plan.LongestRun;
        var plan = $"the plan can take {TextForm.Length(longest)} of a grace period of {TextForm.Length(grace)}";
        string[] fixes =
        [
            .. longest == TimeSpan.MaxValue ? Array.Empty<string>() : [$"raise terminationGracePeriodSeconds to {Math.Ceiling((longest + Margin).TotalSeconds)}"],
            .. grace <= Margin ? Array.Empty<string>() : [$"lower --max below {TextForm.Length(grace - Margin)}"],
        ];
        return fixes.Length == 0 ? plan : $"{plan}: {string.Join(", or ", fixes)}";
    }
}
