using Prestopd.Hosting;

namespace Prestopd.Sidecar;

/// <summary>The settings after they were read and found usable.</summary>
internal sealed record SidecarOptions
{
    /// <summary>What every server is told.</summary>
    public required ServerSettings Server { get; init; }

    /// <summary>How long a request counts.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>When the drain starts and how long it may last.</summary>
    public required DrainRules Drain { get; init; }

    /// <summary>What a <c>/waitz</c> must bring to start the drain; null when it is enough to come from loopback.</summary>
    public required string? WaitzToken { get; init; }

    /// <summary>Status of <c>/waitz</c> at the end, 200 to 599.</summary>
    public required int WaitzStatus { get; init; }

    /// <summary>Callers of <c>/waitz</c> at a time, from loopback and from elsewhere each.</summary>
    public required int MaxWaiters { get; init; }

    /// <summary>The application's own health check, or null.</summary>
    public required Uri? Upstream { get; init; }

    /// <summary>Longest wait for <see cref="Upstream"/>.</summary>
    public required TimeSpan UpstreamTimeout { get; init; }

    /// <summary>Requests that are answered and not counted.</summary>
    public required IgnoreList Ignore { get; init; }

    /// <summary>What is allowed and probably not meant, one line each.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}
