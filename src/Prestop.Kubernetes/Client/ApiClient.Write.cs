using System.Text.Json.Nodes;
using Prestop.Kubernetes.Json;
using Prestop.Kubernetes.Objects;

namespace Prestop.Kubernetes.Client;

public sealed partial class ApiClient
{
    private const string JsonType = "application/json";

    /// <summary>Creates an object.</summary>
    /// <typeparam name="T">The type that the answer is read into.</typeparam>
    /// <param name="resource">The kind of object.</param>
    /// <param name="namespace">Its namespace; null when it has none.</param>
    /// <param name="body">The object, with <c>apiVersion</c> and <c>kind</c>.</param>
    /// <param name="options">How to write it.</param>
    /// <param name="cancellation">Ends the call; whether the object was created is not known then, nor after <see cref="ApiFault.Transient"/>.</param>
    /// <returns>The object as the server keeps it; <see cref="ApiFault.Conflict"/> with reason <c>AlreadyExists</c> when its name is taken.</returns>
    public Task<ApiResult<T>> CreateAsync<T>(
        Resource<T> resource, string? @namespace, JsonObject body, WriteOptions options, CancellationToken cancellation)
        where T : class, IApiObject =>
        ReadAsync(
            new ApiCall("create", resource.FullName, @namespace),
            new ApiRequest(HttpMethod.Post, resource.Path(@namespace, null) + options.Query(""), JsonType, body.ToUtf8()),
            resource.Read,
            cancellation);

    /// <summary>Changes an object.</summary>
    /// <typeparam name="T">The type that the answer is read into.</typeparam>
    /// <param name="resource">The kind of object.</param>
    /// <param name="namespace">Its namespace; null when it has none.</param>
    /// <param name="name">Its name.</param>
    /// <param name="patch">The change.</param>
    /// <param name="options">How to write it.</param>
    /// <param name="cancellation">Ends the call; whether the object was changed is not known then, nor after <see cref="ApiFault.Transient"/>.</param>
    /// <returns>The object as it is now; <see cref="Patch"/> says which faults stand for which failure.</returns>
    public Task<ApiResult<T>> PatchAsync<T>(
        Resource<T> resource, string? @namespace, string name, Patch patch, WriteOptions options, CancellationToken cancellation)
        where T : class, IApiObject =>
        ReadAsync(
            new ApiCall("patch", resource.FullName, @namespace),
            new ApiRequest(HttpMethod.Patch, resource.Path(@namespace, name) + options.Query(patch.Force), patch.ContentType, patch.Body.ToUtf8()),
            resource.Read,
            cancellation);

    /// <summary>Deletes an object. A pod is not gone then: it terminates for as long as its grace period lasts.</summary>
    /// <typeparam name="T">The objects' type.</typeparam>
    /// <param name="resource">The kind of object.</param>
    /// <param name="namespace">Its namespace; null when it has none.</param>
    /// <param name="name">Its name.</param>
    /// <param name="options">Which one exactly, and how.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns><see cref="ApiFault.Conflict"/> when a precondition does not hold, <see cref="ApiFault.NotFound"/> when it is gone already.</returns>
    public Task<ApiResult<Accepted>> DeleteAsync<T>(
        Resource<T> resource, string? @namespace, string name, DeleteOptions options, CancellationToken cancellation)
        where T : class, IApiObject =>
        AcceptAsync(
            new ApiCall("delete", resource.FullName, @namespace),
            new ApiRequest(HttpMethod.Delete, resource.Path(@namespace, name), JsonType, options.ToBody().ToUtf8()),
            cancellation);

    /// <summary>Evicts a pod: deletes it where its disruption budget allows it.</summary>
    /// <param name="namespace">The pod's namespace.</param>
    /// <param name="pod">The pod's name.</param>
    /// <param name="options">Which one exactly, and how.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>
    /// <see cref="ApiFault.Transient"/> with a status of cause <c>DisruptionBudget</c> when the budget forbids it (429); with code 500 and no
    /// reason when two budgets select the pod; else as for a delete.
    /// </returns>
    public Task<ApiResult<Accepted>> EvictAsync(string @namespace, string pod, DeleteOptions options, CancellationToken cancellation)
    {
        var eviction = new JsonObject
        {
            ["apiVersion"] = "policy/v1",
            ["kind"] = "Eviction",
            ["metadata"] = new JsonObject { ["name"] = pod, ["namespace"] = @namespace },
        };

        // The API server reads a dry run from the query: one in the body alone reaches admission webhooks as a real eviction.
        var query = options.DryRun ? "?dryRun=All" : "";
        if (options with { DryRun = false } != new DeleteOptions())
        {
            eviction["deleteOptions"] = options.ToBody();
        }

        return AcceptAsync(
            new ApiCall("create", "pods/eviction", @namespace),
            new ApiRequest(HttpMethod.Post, $"{Pod.Resource.Path(@namespace, pod)}/eviction{query}", JsonType, eviction.ToUtf8()),
            cancellation);
    }

    private Task<ApiResult<Accepted>> AcceptAsync(ApiCall call, ApiRequest request, CancellationToken cancellation) =>
        CallAsync(
            call,
            request,
            static (answer, _) => Task.FromResult<ApiResult<Accepted>>(new Accepted((int)answer.StatusCode)),
            cancellation);
}
