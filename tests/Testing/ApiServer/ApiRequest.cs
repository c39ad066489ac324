namespace Prestop.Testing.ApiServer;

/// <summary>A request as the API server sees it.</summary>
/// <param name="Call">The request.</param>
/// <param name="Connection">Which connection it came on, counted from 1.</param>
internal sealed record ApiRequest(HttpCall Call, int Connection)
{
    public string Path => Call.Path;

    public IReadOnlyDictionary<string, string> Query { get; } = Call.Query;

    public IReadOnlyDictionary<string, string> Headers => Call.Headers;

    public string Verb => Query.ContainsKey("watch") ? "watch" : Name is null ? "list" : "get";

    public string? Token => Headers.TryGetValue("authorization", out var value) ? value["Bearer ".Length..] : null;

    public string? this[string parameter] => Query.GetValueOrDefault(parameter);

    public bool IsForSlices => Path.StartsWith("/apis/discovery.k8s.io/v1/namespaces/", StringComparison.Ordinal)
        && Segments is [_, _, _, _, _, "endpointslices"] or [_, _, _, _, _, "endpointslices", _];

    public string Namespace => Segments[4];

    public string? Name => Segments.Length > 6 ? Segments[6] : null;

    public string? Service => this["labelSelector"]?.Split('=') is ["kubernetes.io/service-name", var service] ? service : null;

    private string[] Segments => Path.Trim('/').Split('/');
}
