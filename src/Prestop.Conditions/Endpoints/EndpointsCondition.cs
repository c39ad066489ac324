using Prestop.Core.Waiting;
using Prestop.Kubernetes.Access;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;
using Prestop.Kubernetes.Watching;

namespace Prestop.Conditions;

/// <summary>
/// Whether the pod is out of the Service's endpoints. Every answer rests on a list of all slices as they are at that
/// moment; a watch only tells when the next list is worth while.
/// <list type="table">
/// <item><term>NotMet</term><description>a slice lists the pod as ready (also when it does not say, as the API rules).</description></item>
/// <item><term>Met</term><description>there are slices, and none lists the pod as ready: it is listed as not ready, as a
/// deleted pod is from the first moment until it ends, or not listed at all. Also when there are no slices any more.</description></item>
/// <item><term>Unclear</term><description>there never was a slice: every Service with a selector has one, if only an empty
/// one, so the name is wrong or the Service was deleted before the first look. Or the pod is known by its host name alone
/// and no slice ever had that. Or the API server did not answer.</description></item>
/// <item><term>Broken</term><description>not in a pod, no service account, 401 with a fresh token, 403, a certificate
/// that is not to be trusted, no discovery.k8s.io/v1.</description></item>
/// </list>
/// </summary>
internal sealed class EndpointsCondition(
    string service, string? @namespace, ContainerEnvironment environment, ConditionSettings settings, Random random)
    : ICondition
{
    private const int SlicesInOneAnswer = 5;

    /// <summary>In bytes: reading takes up to three times as much, and the whole heap of prestop is 32 MiB (Static.props).</summary>
    private const int LongestAnswer = 4 * 1024 * 1024;

    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5), random);

    private ApiClient? _api;
    private ThisPod? _pod;
    private Informer<Slice>? _slices;

    private string _namespace = "";
    private bool _wasReady;
    private bool _sawSlices;
    private bool _sawPod;

    public async ValueTask<Observation> AskAsync(CancellationToken cancellation)
    {
        if (!HasBegun(out var problem))
        {
            return new Observation(Finding.Broken, problem);
        }

        var watches = _wasReady && _slices!.IsCurrent;
        if (watches)
        {
            var error = await _slices!.WatchAsync(IsStillReady, cancellation);
            if (error is not null)
            {
                return Failed(error);
            }

            _backoff.Reset();
            if (NamesOf(PodState.Ready) is { Count: > 0 } still)
            {
                return new Observation(Finding.NotMet, IsReadyIn(still));
            }
        }

        return await ListAsync(watchNext: !watches, cancellation);
    }

    public ValueTask DisposeAsync()
    {
        _api?.Dispose();
        return ValueTask.CompletedTask;
    }

    private bool HasBegun(out string problem)
    {
        problem = "";
        if (_api is not null)
        {
            return true;
        }

        if (ThisPod.Find(environment, out problem) is not { } pod ||
            InCluster.Find(environment, settings.Time, out problem) is not { } access ||
            (@namespace ?? InCluster.Namespace(environment, out problem)) is not { } space)
        {
            return false;
        }

        (_pod, _namespace) = (pod, space);
        _api = new ApiClient(access, settings.ConnectTimeout, settings.Time) { LongestAnswer = LongestAnswer };
        _slices = new Informer<Slice>(
            _api,
            EndpointSlice.Resource.Projected(slice => new Slice(slice.Metadata, StateIn(slice))),
            new Selection
            {
                Namespace = space,
                LabelSelector = $"{EndpointSlice.ServiceNameLabel}={service}",
                PageSize = SlicesInOneAnswer,
            });
        return true;
    }

    private async Task<Observation> ListAsync(bool watchNext, CancellationToken cancellation)
    {
        _wasReady = false;
        if (await _slices!.ListAsync(cancellation) is { } error)
        {
            return Failed(error);
        }

        _backoff.Reset();
        var count = _slices.Count;
        List<string> ready = NamesOf(PodState.Ready), notReady = NamesOf(PodState.NotReady);
        _sawSlices |= count > 0;
        _sawPod |= ready.Count + notReady.Count > 0;
        var all = count == 1 ? "1 slice" : $"{count} slices";

        if (ready.Count > 0)
        {
            _wasReady = true;
            return new Observation(Finding.NotMet, $"{IsReadyIn(ready)} ({ready.Count} of {all})")
            {
                LookAgainIn = watchNext ? TimeSpan.Zero : null,
            };
        }

        return !_sawSlices ? new Observation(
                Finding.Unclear,
                $"service {service} has no EndpointSlice in namespace {_namespace}; check the name and the namespace")
            : !_sawPod && !_pod!.HasAddress ? new Observation(
                Finding.Unclear,
                $"no endpoint of {service} is {_pod.Label}, which may not be the pod's name; set POD_IP from status.podIP")
            : notReady.Count > 0 ? new Observation(
                Finding.Met, $"{_pod!.Label} is not ready in {Join(notReady)} ({notReady.Count} of {all})")
            : count > 0 ? new Observation(Finding.Met, $"{_pod!.Label} is not in {service} ({all})")
            : new Observation(Finding.Met, $"service {service} has no EndpointSlice any more");
    }

    private Observation Failed(ApiError error)
    {
        switch (error.Fault)
        {
            case ApiFault.Expired:
                return new Observation(Finding.Unclear, $"{error.Message}; listing again");
            case ApiFault.Transient:
                return new Observation(Finding.Unclear, error.Message)
                {
                    LookAgainIn = (error.RetryAfter ?? TimeSpan.Zero) + _backoff.Next(),
                };
            case ApiFault.Unauthorized:
                return new Observation(
                    Finding.Broken, $"the API server does not accept the service account's token (401), so no {error.Call}");
            case ApiFault.Forbidden:
                return new Observation(
                    Finding.Broken,
                    $"forbidden (403): the service account needs list,watch on {error.Call.Resource} in namespace "
                    + $"{error.Call.Namespace}, and may not {error.Call.Verb}; bind a Role that allows it");
            case ApiFault.NotFound:
                return new Observation(
                    Finding.Broken, $"the API server does not serve {error.Call.Resource} v1 (404); it needs Kubernetes 1.21 or later");
            default:
                return new Observation(Finding.Broken, error.Message);
        }
    }

    private PodState StateIn(EndpointSlice slice)
    {
        var state = PodState.Absent;
        foreach (var endpoint in slice.Endpoints)
        {
            if (_pod!.Is(endpoint))
            {
                if (endpoint.IsReady)
                {
                    return PodState.Ready;
                }

                state = PodState.NotReady;
            }
        }

        return state;
    }

    private List<string> NamesOf(PodState state)
    {
        var names = new List<string>();
        foreach (var slice in _slices!.Snapshot())
        {
            if (slice.State == state)
            {
                names.Add(slice.Metadata.Name);
            }
        }

        return names;
    }

    private bool IsStillReady(Change<Slice> change)
    {
        _backoff.Reset();
        return NamesOf(PodState.Ready).Count > 0;
    }

    private string IsReadyIn(List<string> slices) => $"{_pod!.Label} is ready in {Join(slices)}";

    private static string Join(List<string> names) => string.Join(", ", names.Order(StringComparer.Ordinal));

    /// <summary>What is kept of a slice.</summary>
    private sealed class Slice(ObjectMeta metadata, PodState state) : IApiObject
    {
        public ObjectMeta Metadata { get; } = metadata;

        public PodState State { get; } = state;
    }

    private enum PodState
    {
        Absent,
        NotReady,
        Ready,
    }
}
