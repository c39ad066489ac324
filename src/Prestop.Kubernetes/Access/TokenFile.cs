namespace Prestop.Kubernetes.Access;

/// <summary>
/// A bearer token in a file that somebody else keeps fresh: the kubelet replaces a service account's long before the token in it
/// expires. So the file is read again once a minute, and at once when the API server refuses what is known.
/// </summary>
public sealed class TokenFile : IApiCredentials
{
    /// <summary>How old a token may get before its file is read again: as in client-go, one minute.</summary>
    public static readonly TimeSpan LongestAge = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly ContainerEnvironment _environment;
    private readonly string _path;
    private readonly TimeProvider _time;
    private ApiCredential _credential;
    private long _readAt;

    private TokenFile(ContainerEnvironment environment, string path, TimeProvider time, string token)
    {
        (_environment, _path, _time, _credential) = (environment, path, time, new ApiCredential(token));
        _readAt = time.GetTimestamp();
    }

    /// <summary>Reads a token file for the first time.</summary>
    /// <param name="environment">Where the file is.</param>
    /// <param name="path">Its absolute path.</param>
    /// <param name="time">The clock.</param>
    /// <param name="problem">Why there is no token, as a sentence without a full stop; else empty.</param>
    public static TokenFile? Open(ContainerEnvironment environment, string path, TimeProvider time, out string problem) =>
        Read(environment, path, out problem) is { } token ? new TokenFile(environment, path, time, token) : null;

    /// <inheritdoc/>
    public ApiCredential Current
    {
        get
        {
            lock (_lock)
            {
                return _credential;
            }
        }
    }

    /// <inheritdoc/>
    public Task RefreshAsync(ApiCredential? refused, CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (refused is not null || _time.GetElapsedTime(_readAt) >= LongestAge)
            {
                if (Read(_environment, _path, out _) is { } token && token != _credential.Token)
                {
                    _credential = new ApiCredential(token);
                }

                _readAt = _time.GetTimestamp();
            }
        }

        return Task.CompletedTask;
    }

    private static string? Read(ContainerEnvironment environment, string path, out string problem)
    {
        var token = environment.File(path, out problem);
        if (token is not null && !ApiCredential.IsToken(token))
        {
            problem = $"{path} is not a token: it holds blanks or other characters that no token has";
            return null;
        }

        return token;
    }
}
