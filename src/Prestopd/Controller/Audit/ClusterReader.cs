using Prestop.Core.Waiting;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;

namespace Prestopd.Controller.Audit;

/// <summary>Reads from a cluster what is audited. Of each object only what rules look at is kept, and no more than a page of whole ones is in memory at a time.</summary>
/// <param name="client">The way to the API server.</param>
/// <param name="namespace">The namespace; null for all of them.</param>
/// <param name="time">The clock.</param>
internal sealed class ClusterReader(ApiClient client, string? @namespace, TimeProvider time)
{
    /// <summary>Objects in a page. Some pods have tens of kilobytes of managed fields and environment.</summary>
    private const int PageSize = 100;

    private const int MostTries = 4;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(8);

    /// <summary>Reads it.</summary>
    /// <param name="mode">What the cluster's controller does for pods and namespaces that say nothing.</param>
    /// <param name="warnings">Gets a line for what could not be read and is not needed.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<ApiResult<Manifests>> ReadAsync(DrainMode mode, ICollection<string> warnings, CancellationToken cancellation)
    {
        var manifests = new Manifests(mode);
        foreach (var resource in ListedWorkload.Resources)
        {
            if (await EachAsync(resource, listed => Add(listed.Workload), cancellation) is { } error)
            {
                return error;
            }
        }

        if (await EachAsync(Service.Resource, manifests.Add, cancellation) is { } ofServices)
        {
            return ofServices;
        }

        if (await EachAsync(PodDisruptionBudget.Resource, manifests.Add, cancellation) is { } ofBudgets)
        {
            return ofBudgets;
        }

        // Namespaces belong to no namespace: who may look into one of them need not be allowed to look at it.
        var ofNamespaces = @namespace is null
            ? await EachAsync(Namespace.Resource, manifests.Add, cancellation)
            : await OneAsync(@namespace, manifests.Add, cancellation);
        if (ofNamespaces is { Fault: ApiFault.Forbidden })
        {
            warnings.Add($"{ofNamespaces.Message}; the annotations of namespaces do not count here");
            return manifests;
        }

        return ofNamespaces is null ? manifests : ofNamespaces;

        void Add(Workload? workload)
        {
            if (workload is not null)
            {
                manifests.Add(workload);
            }
        }
    }

    /// <summary>What to do about an error, for people: lower case, begins with a semicolon; empty where its message says all.</summary>
    /// <param name="error">The error.</param>
    public static string AdviceOn(ApiError error) => error.Fault switch
    {
        ApiFault.Unauthorized => "; log in again, or name another kubeconfig or context",
        ApiFault.Forbidden => $"; a role with verb {error.Call.Verb} on {error.Call.Resource} allows it{(error.Call.Namespace is null ? ", or look at one namespace with -n" : "")}",
        ApiFault.Transient => $"; given up after {MostTries} tries",
        _ => "",
    };

    private async Task<ApiError?> EachAsync<T>(Resource<T> resource, Action<T> add, CancellationToken cancellation)
        where T : class, IApiObject
    {
        var selection = new Selection { Namespace = @namespace, PageSize = PageSize };
        var listed = await InTriesAsync(() => client.ListAsync(resource, selection, cancellation), cancellation);
        foreach (var item in listed.Value?.Items ?? [])
        {
            add(item);
        }

        return listed.Error;
    }

    private async Task<ApiError?> OneAsync(string name, Action<Namespace> add, CancellationToken cancellation)
    {
        var found = await InTriesAsync(() => client.GetAsync(Namespace.Resource, null, name, cancellation), cancellation);
        if (found.Succeeded)
        {
            add(found.Value);
        }

        return found.Error;
    }

    private async Task<ApiResult<T>> InTriesAsync<T>(Func<Task<ApiResult<T>>> ask, CancellationToken cancellation)
        where T : class
    {
        var backoff = new Backoff(FirstPause, LongestPause, Random.Shared);
        for (var tries = 1; ; tries++)
        {
            var result = await ask();
            if (tries == MostTries || result.Error is not { Fault: ApiFault.Transient or ApiFault.Expired } error)
            {
                return result;
            }

            await Task.Delay(error.RetryAfter ?? backoff.Next(), time, cancellation);
        }
    }
}
