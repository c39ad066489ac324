using Prestop.Core.Messages;
using Prestop.Core.Waiting;
using Prestop.Elb.Client;
using Prestop.Elb.Draining;

namespace Prestop.Elb.Polling;

/// <summary>
/// Looks at target groups: each one once an interval as long as anybody watches it, however many do, and never when nobody does. All watchers get a look the
/// moment it has ended.
/// </summary>
/// <param name="api">Who is asked.</param>
/// <param name="interval">The least time from the beginning of a look to the beginning of the next, which is up to 2 % more; above zero.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Spreads the looks; safe for several threads.</param>
public sealed class TargetHealthFeed(IElbApi api, TimeSpan interval, TimeProvider time, Random random) : IDisposable
{
    /// <summary>How long a target that has gone is remembered in a group that is always watched. Longer than waits last.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromMinutes(15);

    private readonly IElbApi _api = api;
    private readonly TimeProvider _time = time;
    private readonly long _start = time.GetTimestamp();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Poller> _pollers = [];
    private readonly CancellationTokenSource _stop = new();

    /// <summary>The clock of <see cref="GroupLook"/>.</summary>
    public TimeSpan Now => _time.GetElapsedTime(_start);

    /// <summary>How many groups are looked at.</summary>
    public int Groups
    {
        get
        {
            lock (_lock)
            {
                return _pollers.Count;
            }
        }
    }

    /// <summary>Begins to watch a group.</summary>
    /// <param name="groupArn">The group.</param>
    /// <returns>The looks that begin from now on; to be disposed of when they are of no more use.</returns>
    public GroupWatch Watch(string groupArn)
    {
        lock (_lock)
        {
            if (!_pollers.TryGetValue(groupArn, out var poller))
            {
                poller = new Poller(this, groupArn);
                _pollers.Add(groupArn, poller);
                _ = poller.RunAsync();
            }

            poller.Watchers++;
            return new GroupWatch(poller, Now);
        }
    }

    /// <summary>Stops looking. Watches that are still there see nothing more.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    internal sealed class Poller(TargetHealthFeed feed, string groupArn)
    {
        private readonly CancellationToken _stop = feed._stop.Token;
        private Dictionary<(string Id, int Port), TargetSighting> _history = [];
        private List<TaskCompletionSource<GroupLook>> _waiting = [];

        public int Watchers { get; set; }

        public async Task<GroupLook> NextAsync(CancellationToken cancellation)
        {
            // Each has one of its own: ten thousand go on side by side, and a call off costs nobody else anything.
            var look = new TaskCompletionSource<GroupLook>(TaskCreationOptions.RunContinuationsAsynchronously);
            using var calledOff = cancellation.UnsafeRegister(static (waiting, token) => ((TaskCompletionSource<GroupLook>)waiting!).TrySetCanceled(token), look);
            lock (feed._lock)
            {
                _waiting.Add(look);
            }

            return await look.Task;
        }

        public void Leave()
        {
            lock (feed._lock)
            {
                Watchers--;
            }
        }

        public async Task RunAsync()
        {
            // Whoever watches first must not be held up until the call is on its way.
            await Task.Yield();
            while (true)
            {
                var began = feed._time.GetTimestamp();
                var look = await LookAsync();
                List<TaskCompletionSource<GroupLook>> waiting;
                lock (feed._lock)
                {
                    (waiting, _waiting) = (_waiting, []);
                }

                waiting.ForEach(one => one.TrySetResult(look));
                var goesOn = await Pause.UntilAsync(feed.Spread(), began, feed._time, _stop);
                lock (feed._lock)
                {
                    // It is only here that a poller ends: who comes back within the interval finds it, and calls stay an interval apart.
                    if (!goesOn || Watchers == 0)
                    {
                        feed._pollers.Remove(groupArn);
                        return;
                    }
                }
            }
        }

        private async Task<GroupLook> LookAsync()
        {
            var asked = feed.Now;
            ElbResult<IReadOnlyList<TargetHealth>> answer;
            try
            {
                answer = await feed._api.DescribeTargetHealthAsync(groupArn, _stop);
            }
            catch (Exception thrown)
            {
                // A fault of the program must not leave all who watch without a word.
                answer = new ElbError(ElbFault.Rejected, "DescribeTargetHealth", $"DescribeTargetHealth failed: {OneLine.Quote(thrown.Message)}");
            }

            // A group that is deleted has no targets any more.
            if (answer.Error is { Fault: ElbFault.NotFound })
            {
                answer = new ElbResult<IReadOnlyList<TargetHealth>>([], null);
            }

            var answered = feed.Now;
            if (answer.Succeeded)
            {
                _history = Updated(_history, answer.Value, answered);
            }

            return new GroupLook(asked, answered, ById(_history), answer.Error);
        }

        private static Dictionary<(string Id, int Port), TargetSighting> Updated(
            Dictionary<(string Id, int Port), TargetSighting> before, IReadOnlyList<TargetHealth> targets, TimeSpan at)
        {
            var now = new Dictionary<(string Id, int Port), TargetSighting>(targets.Count);
            foreach (var target in targets)
            {
                var key = (GroupLook.Id(target.Id), target.Port);
                now[key] = TargetSighting.After(before.TryGetValue(key, out var known) ? known : null, target.State, target.Reason, at);
            }

            foreach (var (key, known) in before)
            {
                if (!now.ContainsKey(key) && !(known.State is TargetState.Absent && at - known.StateSince > Remembered))
                {
                    now.Add(key, TargetSighting.After(known, TargetState.Absent, "", at));
                }
            }

            return now;
        }

        private static Dictionary<string, IReadOnlyList<SeenTarget>> ById(Dictionary<(string Id, int Port), TargetSighting> history)
        {
            var found = new Dictionary<string, IReadOnlyList<SeenTarget>>(history.Count);
            foreach (var ((id, port), sighting) in history)
            {
                SeenTarget target = new(port, sighting);
                found[id] = found.TryGetValue(id, out var others) ? [.. others, target] : [target];
            }

            return found;
        }
    }

    /// <summary>Never less than the interval, so that a group costs at most a call an interval; a little more, so that looks do not stay in step with anything.</summary>
    private TimeSpan Spread() => interval * (1 + (0.02 * random.NextDouble()));
}

/// <summary>The looks at a group that began after somebody began to watch it.</summary>
public sealed class GroupWatch : IDisposable
{
    private readonly TargetHealthFeed.Poller _poller;
    private readonly TimeSpan _since;
    private bool _left;

    internal GroupWatch(TargetHealthFeed.Poller poller, TimeSpan since) => (_poller, _since) = (poller, since);

    /// <summary>The next look. An older one is no evidence: it may show what was before the watcher's pod was registered.</summary>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<GroupLook> NextAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var look = await _poller.NextAsync(cancellation);
            if (look.Asked >= _since)
            {
                return look;
            }
        }
    }

    /// <summary>Stops watching.</summary>
    public void Dispose()
    {
        if (!_left)
        {
            _left = true;
            _poller.Leave();
        }
    }
}
