namespace Prestopd.Sidecar;

/// <summary>How far the drain is. It moves down this list and may skip; from a drain that <see cref="Drain.WaiterLeaves"/> ends it goes back to the beginning.</summary>
internal enum DrainState
{
    /// <summary>Health checks are answered 200, or as the application answers them.</summary>
    Serving,

    /// <summary>Health checks are answered 503; they still come.</summary>
    Draining,

    /// <summary>No health check came for one interval. Later ones change nothing.</summary>
    CoolingDown,

    /// <summary>The callers of <c>/waitz</c> get their answer.</summary>
    Released,

    /// <summary>Nothing is listened to any more.</summary>
    Ended,
}
