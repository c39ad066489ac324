namespace Prestopd.Sidecar;

/// <summary>Requests since the start, by what they were taken for.</summary>
internal sealed class RequestCounts
{
    private readonly long[] _counts = new long[Enum.GetValues<RequestKind>().Length];

    /// <summary>The requests of a kind.</summary>
    public long this[RequestKind kind] => Volatile.Read(ref _counts[(int)kind]);

    /// <summary>Counts a request.</summary>
    public void Add(RequestKind kind) => Interlocked.Increment(ref _counts[(int)kind]);
}
