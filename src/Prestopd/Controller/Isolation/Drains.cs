using System.Text.Json.Nodes;
using Prestop.Core.Waiting;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;
using Prestop.Kubernetes.Watching;
using Prestopd.Controller.Cluster;
using Prestopd.Controller.Http;
using Prestopd.Controller.Indexes;

namespace Prestopd.Controller.Isolation;

/// <summary>
/// Takes the steps of all drains that there are (<see cref="DrainCourse"/>), whoever began them. All replicas do so at once: each step holds for a pod in one version, so
/// that the first one takes it and the others find another pod. Nothing is remembered but what is on the pods.
/// </summary>
/// <param name="indexes">What steps are decided from.</param>
/// <param name="api">The client.</param>
/// <param name="wakes">Budgets and StatefulSets.</param>
/// <param name="replacements">Whether surges are over.</param>
/// <param name="evidence">When load balancers have let go of pods; null where nobody looks.</param>
/// <param name="recorder">Where it is recorded.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Spreads the attempts after failures.</param>
internal sealed class Drains(
    ClusterIndexes indexes, ApiClient api, Wakes wakes, Replacements replacements, LoadBalancerEvidence? evidence, Recorder recorder, TimeProvider time, Random random)
    : IAsyncDisposable
{
    private const int MostAtATime = 16;

    /// <summary>The wall clock may be set, and Services may change, without a word from the pod.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan RenewalPeriod = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Course> _courses = [];
    private readonly SemaphoreSlim _places = new(MostAtATime);
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Follows a change of the pods that drain.</summary>
    /// <param name="change">The change.</param>
    public void Follow(Change<Pod> change)
    {
        var pod = change.Subject;
        lock (_gate)
        {
            var isKnown = _courses.TryGetValue(pod.Metadata.Uid, out var course);
            if (change.Type is ChangeType.Deleted)
            {
                _courses.Remove(pod.Metadata.Uid);
                course?.End();
                evidence?.Forget(pod.Metadata.Uid);
                WakeOwner(pod);
            }
            else if (isKnown)
            {
                course!.Change(pod);
            }
            else if (!_stop.IsCancellationRequested)
            {
                course = new Course(pod) { RenewedAt = time.GetTimestamp() };
                course.Running = RunAsync(course);
                _courses.Add(pod.Metadata.Uid, course);
            }
        }
    }

    /// <summary>Since when there is evidence that nothing is sent to a pod; null for none.</summary>
    /// <param name="pod">The pod.</param>
    public DateTimeOffset? DrainedSince(Pod pod) => evidence?.Since(pod);

    /// <summary>Somebody who came for a pod at the end of its drain is let through.</summary>
    /// <param name="pod">The pod.</param>
    public void LetGo(Pod pod)
    {
        lock (_gate)
        {
            if (_courses.TryGetValue(pod.Metadata.Uid, out var course) && !course.IsLetGo && DrainState.Of(pod) is { } drain)
            {
                course.IsLetGo = true;
                Ended(DrainEnding.Client, pod, drain);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        List<Task> running;
        lock (_gate)
        {
            _stop.Cancel();
            running = [.. _courses.Values.Select(course => course.Running)];
            foreach (var course in _courses.Values)
            {
                course.Wake();
            }
        }

        await Task.WhenAll(running);
        _stop.Dispose();
        _places.Dispose();
    }

    /// <summary>
    /// One pod, from its first step to the last. Where a step fails, it is decided anew when the pod has changed, or a moment later.
    /// </summary>
    private async Task RunAsync(Course course)
    {
        // Not within the call that told of the pod.
        await Task.Yield();
        var backoff = new Backoff(FirstBackoff, LongestWait, random);
        while (!_stop.IsCancellationRequested)
        {
            // Taken before the pod is, so that no change is missed.
            var changed = course.Changed;
            if (course.IsOver)
            {
                return;
            }

            var pause = LongestWait;
            try
            {
                var (error, wait) = await StepAsync(course);
                if (error is null)
                {
                    backoff.Reset();
                    pause = wait < LongestWait ? wait : LongestWait;
                }
                else
                {
                    recorder.Failed(error);
                    pause = (error.RetryAfter ?? TimeSpan.Zero) + FirstBackoff + backoff.Next();
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception unforeseen)
            {
                // One pod must not end the drains of all others.
                recorder.Broken(course.Pod, unforeseen);
            }

            await using var timer = time.CreateTimer(static one => ((Course)one!).Wake(), course, pause, Timeout.InfiniteTimeSpan);
            await changed;
        }
    }

    /// <summary>Decides on the next step and takes it.</summary>
    /// <returns>Why it could not be taken, or null; and when to look again at the latest.</returns>
    private async Task<(ApiError? Error, TimeSpan Wait)> StepAsync(Course course)
    {
        var pod = course.Pod;
        if (DrainState.Of(pod) is not { } drain)
        {
            return (null, LongestWait);
        }

        if (pod.DeletionTimestamp is not null)
        {
            evidence?.Forget(pod.Metadata.Uid);
            return (null, LongestWait);
        }

        if (drain is { SurgeUntil: null, IsCancelled: false })
        {
            evidence?.Seek(pod, drain, course.Wake);
        }

        var isReplaced = drain is { SurgeUntil: not null, Owner: { } owner }
            && await replacements.AreThereAsync(pod.Metadata, owner, drain.Labels.GetValueOrDefault(SelectingLabels.TemplateHash, ""), _stop.Token);
        var now = time.GetUtcNow();
        var view = indexes.View(pod, null, DrainedSince(pod));
        var step = DrainCourse.Next(view, isReplaced, now);
        if (step is DrainStep.Wait wait)
        {
            // Timers cut off fractions of a millisecond.
            var left = wait.At - now + TimeSpan.FromMilliseconds(1);
            return drain.SurgeUntil is not null
                ? (null, left > Replacements.Age ? Replacements.Age : left)
                : (await RenewAsync(course, view, drain), left);
        }

        if (step is DrainStep.Done)
        {
            return (null, LongestWait);
        }

        await _places.WaitAsync(_stop.Token);
        try
        {
            return (await TakeAsync(step, view, drain), LongestWait);
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>A budget whose labels the pod has kept goes on counting with it, unless it is told again and again.</summary>
    private async Task<ApiError?> RenewAsync(Course course, PodInView view, DrainState drain)
    {
        if (drain.Beginning is not Beginning.Eviction || view.Budgets is not [var budget] || time.GetElapsedTime(course.RenewedAt) < RenewalPeriod)
        {
            return null;
        }

        var error = await wakes.RenewAsync(budget, view.Pod, _stop.Token);
        if (error is null)
        {
            course.RenewedAt = time.GetTimestamp();
        }

        return error;
    }

    private async Task<ApiError?> TakeAsync(DrainStep step, PodInView view, DrainState drain)
    {
        var pod = view.Pod;
        switch (step)
        {
            case DrainStep.TakeOff take:
                if (((take.Reserve is { } budget ? await wakes.ReserveAsync(budget, pod, _stop.Token) : null) ?? await PatchAsync(pod, take.Patch)) is { } refusal)
                {
                    return refusal;
                }

                wakes.Wake(view.Budgets);
                recorder.Stepped(pod, "LeftServices", "it leaves its Services and drains; its replacement is ready, or was waited for long enough");
                return null;

            case DrainStep.Restore restore:
                if (await PatchAsync(pod, restore.Patch) is { } failure)
                {
                    return failure;
                }

                Ended(DrainEnding.Cancelled, pod, drain);
                recorder.Stepped(pod, "DrainCancelled", drain.IsCancelled ? "the drain was called off; it has its labels back" : "its budget refuses although a replacement was made; it has its labels back");
                return null;

            case DrainStep.Delete delete:
                var deleted = await api.DeleteAsync(Pod.Resource, pod.Metadata.Namespace, pod.Metadata.Name, delete.Options, _stop.Token);
                if (deleted.Succeeded)
                {
                    Ended(DrainEnding.Controller, pod, drain);
                    recorder.Stepped(pod, "Drained", "drained; deleted, as nobody came for it");
                }

                return deleted.Error;

            default:
                throw new InvalidOperationException($"a step of no known kind: {step}");
        }
    }

    private async Task<ApiError?> PatchAsync(Pod pod, JsonObject patch) =>
        (await api.PatchAsync(Pod.Resource, pod.Metadata.Namespace, pod.Metadata.Name, Patch.Merge(patch), new WriteOptions(), _stop.Token)).Error;

    /// <summary>
    /// A StatefulSet that has let go of a pod cannot make another one of its name until it is gone, and asks less and less often. A pod that is restored leaves the
    /// selection as well: it is not terminating.
    /// </summary>
    private void WakeOwner(Pod pod)
    {
        if (pod.DeletionTimestamp is not null && DrainState.Of(pod) is { Owner: { Kind: "StatefulSet" } owner })
        {
            wakes.Wake(pod.Metadata, owner);
        }
    }

    private void Ended(DrainEnding ending, Pod pod, DrainState drain)
    {
        var planned = indexes.PolicyOf(pod.Metadata.Namespace, pod.Annotations, []).Drain;
        var took = time.GetUtcNow() - drain.Until + planned;
        recorder.Ended(ending is not DrainEnding.Cancelled && DrainedSince(pod) < drain.Until ? DrainEnding.Evidence : ending, took > TimeSpan.Zero ? took : TimeSpan.Zero, planned);
    }

    /// <summary>A pod that drains.</summary>
    private sealed class Course(Pod pod)
    {
        private TaskCompletionSource _changed = New();

        /// <summary>The pod as the copy has it.</summary>
        public Pod Pod { get; private set; } = pod;

        /// <summary>Ends with the next change, or when it is to be looked at again.</summary>
        public Task Changed => Volatile.Read(ref _changed).Task;

        /// <summary>Whether it is gone, or does not drain any more.</summary>
        public bool IsOver { get; private set; }

        /// <summary>Whether its end was counted.</summary>
        public bool IsLetGo { get; set; }

        /// <summary>When its budget was told of it last.</summary>
        public long RenewedAt { get; set; }

        /// <summary>What takes its steps.</summary>
        public Task Running { get; set; } = Task.CompletedTask;

        public void Change(Pod now)
        {
            Pod = now;
            Wake();
        }

        /// <summary>Has it looked at again.</summary>
        public void Wake() => Interlocked.Exchange(ref _changed, New()).SetResult();

        public void End()
        {
            IsOver = true;
            Change(Pod);
        }

        private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
