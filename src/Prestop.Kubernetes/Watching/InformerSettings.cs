namespace Prestop.Kubernetes.Watching;

/// <summary>How often <see cref="Informer{T}.RunAsync"/> lists again, retries and resyncs.</summary>
public sealed record InformerSettings
{
    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Spreads the attempts after failures.</summary>
    public required Random Random { get; init; }

    /// <summary>
    /// How often every object is reported again although nothing changed (<see cref="ChangeType.Resynced"/>); null for never. Looked at whenever
    /// a watch ends, so not to be below <see cref="Client.ApiClient.WatchLength"/>.
    /// </summary>
    public TimeSpan? Resync { get; init; }

    /// <summary>How often to ask for a kind that the API server does not serve. Default 30 s.</summary>
    public TimeSpan AskForUnserved { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The ceiling of the pause after the first failure in a row; it doubles up to <see cref="LongestBackoff"/>. Default 200 ms.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The highest ceiling of a pause. Default 30 s.</summary>
    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromSeconds(30);
}
