namespace Prestop.Kubernetes.Client;

/// <summary>A request to the API server.</summary>
/// <param name="method">The HTTP method.</param>
/// <param name="path">The path and query below the server's address, without a leading slash.</param>
/// <param name="contentType">The body's media type; null when there is no body.</param>
/// <param name="body">The body.</param>
internal sealed class ApiRequest(HttpMethod method, string path, string? contentType, byte[] body)
{
    /// <summary>The HTTP method.</summary>
    public HttpMethod Method => method;

    /// <summary>The path and query below the server's address, without a leading slash.</summary>
    public string Path => path;

    /// <summary>The body's media type; null when there is no body.</summary>
    public string? ContentType => contentType;

    /// <summary>The body.</summary>
    public byte[] Body => body;

    /// <summary>A request that only reads.</summary>
    /// <param name="path">The path and query below the server's address.</param>
    public static ApiRequest Get(string path) => new(HttpMethod.Get, path, null, []);
}
