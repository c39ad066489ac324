using System.Globalization;
using Prestop.Elb.Client;
using Prestop.Elb.Polling;

namespace Prestop.Elb.Draining;

/// <summary>One pod in all its target groups, for one wait.</summary>
/// <param name="feed">Looks at target groups.</param>
/// <param name="request">What the wait is for.</param>
/// <param name="observer">Is told of the course of the wait.</param>
internal sealed class WatchedPod(TargetHealthFeed feed, DrainRequest request, IDrainObserver observer) : IDisposable
{
    private readonly string[] _addresses = [.. request.Addresses.Select(address => GroupLook.Id(address.ToString()))];
    private readonly Dictionary<string, Membership> _memberships = [];
    private string _told = "";

    /// <summary>What was seen last, in words.</summary>
    public string Seen { get; set; } = "nothing was seen yet";

    /// <summary>The EC2 instance of the pod's node; null as long as no group needs it.</summary>
    public string? Instance { get; set; }

    /// <summary>Watches these groups too.</summary>
    /// <param name="groups">Groups of type ip or instance.</param>
    /// <returns>Whether there was one among them that was not watched yet.</returns>
    public bool Add(IReadOnlyList<TargetGroup> groups)
    {
        var added = groups.Where(group => !_memberships.ContainsKey(group.Arn)).ToList();
        foreach (var group in added)
        {
            var ids = group.Type is TargetType.Instance ? [Instance!] : _addresses;
            _memberships.Add(group.Arn, new Membership(group, ids, request, feed.Watch(group.Arn)));
        }

        if (added.Count > 0)
        {
            observer.Found(added);
        }

        return added.Count > 0;
    }

    /// <summary>Returns when the pod is out of all groups at one time.</summary>
    /// <param name="limit">Ends the wait.</param>
    /// <returns>Null; or the error, when a group can never be looked at.</returns>
    public async Task<ElbError?> UntilOutAsync(CancellationToken limit)
    {
        while (_memberships.Values.Any(membership => !membership.Verdict.IsOut))
        {
            await Task.WhenAny(_memberships.Values.Select(membership => membership.NextAsync(limit)));
            foreach (var membership in _memberships.Values.Where(membership => membership.HasLook))
            {
                if (await membership.TakeAsync() is { } error)
                {
                    if (!error.IsTransient)
                    {
                        return error;
                    }

                    Seen = error.Message;
                    continue;
                }

                Tell(membership);
            }
        }

        return null;
    }

    public void Dispose()
    {
        foreach (var membership in _memberships.Values)
        {
            membership.Dispose();
        }
    }

    private void Tell(Membership membership)
    {
        if (membership.Verdict.IsOut && _memberships.Values.Any(other => !other.Verdict.IsOut))
        {
            return;
        }

        Seen = $"{membership.Target} in {membership.Group.Name}: {membership.Verdict}";
        var told = $"{membership.Target} {membership.Group.Name} {membership.Verdict.State}";
        if (told != _told)
        {
            _told = told;
            observer.Changed(Seen);
        }
    }

    /// <summary>A pod in one group.</summary>
    private sealed class Membership(TargetGroup group, string[] ids, DrainRequest request, GroupWatch watch) : IDisposable
    {
        private Task<GroupLook>? _next;
        private GroupLook? _first;
        private TargetSighting? _unseen;

        public TargetGroup Group => group;

        /// <summary>The target that the verdict is about.</summary>
        public string Target { get; private set; } = "";

        public DrainVerdict Verdict { get; private set; } = new(false, "", "");

        public bool HasLook => _next is { IsCompleted: true };

        public Task<GroupLook> NextAsync(CancellationToken limit) => _next ??= watch.NextAsync(limit);

        /// <summary>Judges by the next look.</summary>
        public async Task<ElbError?> TakeAsync()
        {
            var look = await _next!;
            _next = null;
            if (look.Error is { } error)
            {
                // What was so before is not evidence of what is so now, when others are out.
                Verdict = new DrainVerdict(false, error.Message, "");
                return error;
            }

            _first ??= look;
            Judge(look);
            return null;
        }

        public void Dispose() => watch.Dispose();

        private void Judge(GroupLook look)
        {
            var isFirst = true;
            foreach (var (id, target) in ids.SelectMany(id => look.Targets.GetValueOrDefault(id, []), (id, target) => (id, target)))
            {
                var verdict = DrainRule.Judge(Own(target.Sighting), group.Kind, request.Settle, look.Asked);
                if (isFirst || !verdict.IsOut)
                {
                    Target = target.Port == 0 ? id : string.Create(CultureInfo.InvariantCulture, $"{(id.Contains(':', StringComparison.Ordinal) ? $"[{id}]" : id)}:{target.Port}");
                    Verdict = verdict;
                    isFirst = false;
                }

                if (!verdict.IsOut)
                {
                    return;
                }
            }

            if (isFirst)
            {
                _unseen = TargetSighting.After(_unseen, TargetState.Absent, "", look.Answered);
                (Target, Verdict) = (ids[0], DrainRule.Judge(_unseen.Value, group.Kind, request.Settle, look.Asked));
            }
        }

        /// <summary>
        /// A target that had gone before this wait began may have been another pod with the same address, and this one's registration may be on its way: as one
        /// that was never seen.
        /// </summary>
        private TargetSighting Own(in TargetSighting seen) =>
            seen.LeftSince < _first!.Asked && (request.SettlesAnew || (seen.State is TargetState.Absent && seen.StateSince < _first.Asked)) ? seen with { LeftSince = _first.Answered } : seen;
    }
}
