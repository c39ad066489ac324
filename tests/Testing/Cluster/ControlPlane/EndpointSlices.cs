using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster.ControlPlane;

/// <summary>The controller of EndpointSlices: one slice for each Service that selects pods.</summary>
internal sealed class EndpointSlices(LoopbackCluster cluster) : IReconciler
{
    private readonly ClusterClient _client = new(cluster, ApiUser.Controller("endpointslice-controller"));

    public IEnumerable<(string Namespace, string Name)> AffectedBy(ObjectChange change)
    {
        if (change.Kind == ApiKind.Service)
        {
            return [(change.Subject.Namespace(), change.Subject.Name())];
        }

        return change.Kind != ApiKind.Pod ? [] : cluster.Store.All(ApiKind.Service, change.Subject.Namespace())
            .Where(service => new[] { change.Before, change.After }.Any(pod => pod is not null && Selects(service, pod)))
            .Select(service => (service.Namespace(), service.Name()));
    }

    public async Task<TimeSpan?> ReconcileAsync(string @namespace, string name, CancellationToken cancellation)
    {
        if (cluster.Store.Find(ApiKind.Service, @namespace, name) is not { } service || service.At("spec", "selector") is not JsonObject { Count: > 0 })
        {
            return null;
        }

        var endpoints = new JsonArray([.. cluster.Store.All(ApiKind.Pod, @namespace)
            .Where(pod => Selects(service, pod) && pod.Text("status", "podIP") is not null && pod.Text("status", "phase") is "Running" or "Pending")
            .Where(pod => Selects(service, pod))
            .Select(Endpoint)]);
        if (cluster.Store.Find(ApiKind.EndpointSlice, @namespace, name) is not { } slice)
        {
            await _client.RequireAsync("POST", ApiKind.EndpointSlice.Path(@namespace), new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = new JsonObject { ["kubernetes.io/service-name"] = name } },
                ["addressType"] = "IPv4",
                ["endpoints"] = endpoints,
                ["ports"] = new JsonArray(),
            }, cancellation);
        }
        else if (!JsonNode.DeepEquals(slice["endpoints"], endpoints))
        {
            await _client.PatchAsync(ApiKind.EndpointSlice, slice, "", new JsonObject { ["endpoints"] = endpoints }, cancellation);
        }

        return null;
    }

    private static bool Selects(JsonObject service, JsonObject pod) =>
        service.At("spec", "selector") is JsonObject { Count: > 0 } selector && Selectors.Fits(new JsonObject { ["matchLabels"] = selector.DeepClone() }, pod.Labels());

    private static JsonNode Endpoint(JsonObject pod) => new JsonObject
    {
        ["addresses"] = new JsonArray(pod.Text("status", "podIP")),
        ["conditions"] = new JsonObject
        {
            ["ready"] = pod.IsReady() && !pod.IsTerminating(),
            ["serving"] = pod.IsReady(),
            ["terminating"] = pod.IsTerminating(),
        },
        ["targetRef"] = new JsonObject { ["kind"] = "Pod", ["namespace"] = pod.Namespace(), ["name"] = pod.Name(), ["uid"] = pod.Uid() },
        ["nodeName"] = pod.Text("spec", "nodeName"),
    };
}
