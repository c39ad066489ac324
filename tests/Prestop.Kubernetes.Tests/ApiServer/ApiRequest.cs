namespace Prestop.Kubernetes.Tests.ApiServer;

/// <summary>A request as the API server sees it.</summary>
/// <param name="Path">The path, without the query.</param>
/// <param name="Query">The query's parameters, unescaped.</param>
/// <param name="Headers">The headers; names in lower case.</param>
/// <param name="Connection">Which connection it came on, counted from 1.</param>
internal sealed record ApiRequest(
    string Path, IReadOnlyDictionary<string, string> Query, IReadOnlyDictionary<string, string> Headers, int Connection)
{
    public string Verb => Query.ContainsKey("watch") ? "watch" : Name is null ? "list" : "get";

    public string? Token => Headers.TryGetValue("authorization", out var value) ? value["Bearer ".Length..] : null;

    public string? this[string parameter] => Query.GetValueOrDefault(parameter);

    public bool IsForSlices => Path.StartsWith("/apis/discovery.k8s.io/v1/namespaces/", StringComparison.Ordinal)
        && Segments is [_, _, _, _, _, "endpointslices"] or [_, _, _, _, _, "endpointslices", _];

    public string Namespace => Segments[4];

    public string? Name => Segments.Length > 6 ? Segments[6] : null;

    public string? Service => this["labelSelector"]?.Split('=') is ["kubernetes.io/service-name", var service] ? service : null;

    private string[] Segments => Path.Trim('/').Split('/');

    /// <summary>Reads the head of the next request; null when the client has closed the connection.</summary>
    public static async Task<ApiRequest?> ReadAsync(Stream stream, int connection, CancellationToken cancellation)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (!head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            if (await stream.ReadAsync(one, cancellation) == 0)
            {
                return null;
            }

            head.Add(one[0]);
        }

        var lines = System.Text.Encoding.ASCII.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var target = lines[0].Split(' ')[1].Split('?', 2);
        return new ApiRequest(
            target[0],
            (target.Length > 1 ? target[1] : "").Split('&', StringSplitOptions.RemoveEmptyEntries)
                .Select(pair => pair.Split('=', 2))
                .ToDictionary(pair => Uri.UnescapeDataString(pair[0]), pair => Uri.UnescapeDataString(pair[1])),
            lines.Skip(1)
                .Select(line => line.Split(": ", 2))
                .ToDictionary(header => header[0].ToLowerInvariant(), header => header[1]),
            connection);
    }
}
