using System.Globalization;
using Prestop.Core;
using Prestop.Core.Options;
using Prestop.Elb.Client;
using Prestop.Elb.Draining;
using Prestopd.Hosting;

namespace Prestopd.Elb;

/// <summary>
/// Logs one wait, and warns where it can hardly end in time. Members in JSON: <c>pod</c> (its address), <c>remote</c> (who asks) and, at the end,
/// <c>outcome</c> and <c>seconds</c>.
/// </summary>
/// <param name="log">Where to.</param>
/// <param name="remote">Who asks; empty for a wait from a shell.</param>
/// <param name="request">What is asked for; null when it cannot be read.</param>
/// <param name="parameter">A parameter as its caller wrote it.</param>
/// <param name="warnings">What the caller is warned of before it begins.</param>
internal sealed class LoggedWait(ServerLog log, string remote, WaitRequest? request, Func<OptionSpec, string> parameter, IEnumerable<string> warnings)
    : IDrainObserver
{
    private readonly List<string> _warnings = [.. warnings];
    private readonly string _pod = request?.Drain.Addresses[0].ToString() ?? "";

    /// <summary>What the caller is warned of, one line each.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>The wait begins.</summary>
    public void Begins()
    {
        Write("wait", $"waits on {request!.Drain.Source}, at most {Duration.FromTimeSpan(request.MaxDelay)}{(remote.Length > 0 ? $", for {remote}" : "")}");
        _warnings.ForEach(Doubtful);
    }

    /// <inheritdoc/>
    public void Found(IReadOnlyList<TargetGroup> groups)
    {
        TimeSpan SettleOf(TargetGroup group) => DrainRule.SettleOf(group.Kind, request!.Drain.Settle);

        var slowest = groups.MaxBy(SettleOf)!;
        Write("groups", $"is looked for in {string.Join(", ", groups.Select(group => group.Name))}");
        if (SettleOf(slowest) is var settle && settle >= request!.MaxDelay)
        {
            var (delay, enough) = (parameter(ElbNames.Parameters.MaxDelay), settle + TimeSpan.FromSeconds(60));
            var warning = string.Create(
                CultureInfo.InvariantCulture,
                $"{delay} {Duration.FromTimeSpan(request.MaxDelay)} is not above the {Duration.FromTimeSpan(settle)} that a target settles for in {slowest.Name}: write {delay}={enough.TotalSeconds:0}, and a grace period above it");
            _warnings.Add(warning);
            Doubtful(warning);
        }
    }

    /// <inheritdoc/>
    public void Changed(string seen) => Write("seen", seen);

    /// <summary>The answer is known.</summary>
    /// <param name="answer">The answer.</param>
    public void Ended(WaitAnswer answer) => log.Info(
        "answer",
        string.Create(CultureInfo.InvariantCulture, $"{Who}{(remote.Length > 0 ? $"{answer.Status} " : "")}{WaitAnswer.NameOf(answer.Outcome)} after {answer.Elapsed.TotalSeconds:0.0}s: {answer.Message}"),
        new("pod", _pod),
        new("remote", remote),
        new("outcome", WaitAnswer.NameOf(answer.Outcome)),
        new("seconds", Math.Round(answer.Elapsed.TotalSeconds, 3)));

    private string Who => _pod.Length > 0 ? $"{_pod}: " : remote.Length > 0 ? $"{remote}: " : "";

    private void Write(string name, string message) => log.Info(name, Who + message, new("pod", _pod), new("remote", remote));

    private void Doubtful(string warning) => log.Warning("doubtful", Who + warning, new("pod", _pod), new("remote", remote));
}
