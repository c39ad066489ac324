using Prestop.Testing;

namespace Prestopd.Tests.Controller.Model;

/// <summary>What can go wrong with a request to the API server, or with a watch.</summary>
internal enum Fault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>409, although nothing has changed: somebody else's write came first.</summary>
    Conflict,

    /// <summary>429 with a time.</summary>
    Throttled,

    /// <summary>500.</summary>
    Internal,

    /// <summary>503.</summary>
    Unavailable,

    /// <summary>No connection.</summary>
    Unreachable,

    /// <summary>The request is carried out, and the connection breaks off before the answer.</summary>
    AnswerLost,

    /// <summary>The request arrives seconds later.</summary>
    Slow,

    /// <summary>The request is carried out at once, and answered seconds later.</summary>
    SlowAnswer,

    /// <summary>The watch breaks off.</summary>
    WatchBreaks,

    /// <summary>The watch ends before its time.</summary>
    WatchEnds,

    /// <summary>The watch is silent for seconds, and tells all then.</summary>
    WatchStalls,

    /// <summary>The watch is told that its version is too old (410).</summary>
    WatchExpires,
}

/// <summary>Times in which things go wrong between replicas and the API server.</summary>
/// <param name="clock">The clock.</param>
/// <param name="random">Decides what goes wrong.</param>
internal sealed class Faults(FakeClock clock, Random random)
{
    private static readonly Fault[] OfRequests = [Fault.Throttled, Fault.Internal, Fault.Unavailable, Fault.Unreachable, Fault.Slow, Fault.SlowAnswer];
    private static readonly Fault[] OfWrites = [.. OfRequests, Fault.Conflict, Fault.AnswerLost];
    private static readonly Fault[] OfWatches = [Fault.WatchBreaks, Fault.WatchEnds, Fault.WatchStalls, Fault.WatchExpires];

    private TimeSpan _until;
    private double _share;
    private Fault _only;

    /// <summary>When the last thing went wrong; some go on for a while.</summary>
    public TimeSpan LastAt { get; private set; } = TimeSpan.MinValue;

    /// <summary>From now on things go wrong.</summary>
    /// <param name="only">What; <see cref="Fault.None"/>: anything.</param>
    /// <param name="share">How often, 0 to 1.</param>
    /// <param name="length">For how long.</param>
    public void Begin(Fault only, double share, TimeSpan length) => (_only, _share, _until) = (only, share, clock.Now + length);

    /// <summary>Something else goes wrong now.</summary>
    public void Happened(TimeSpan length = default) => LastAt = clock.Now + length > LastAt ? clock.Now + length : LastAt;

    /// <summary>What goes wrong with a request.</summary>
    public Fault OfRequest(bool isWrite) => Draw(isWrite ? OfWrites : OfRequests);

    /// <summary>What goes wrong with a watch, when it is opened or has something to tell.</summary>
    public Fault OfWatch() => Draw(OfWatches);

    /// <summary>How long something takes that is slow.</summary>
    public TimeSpan Pause()
    {
        var pause = TimeSpan.FromSeconds(0.2 + (random.NextDouble() * 8));
        Happened(pause);
        return pause;
    }

    private Fault Draw(Fault[] possible)
    {
        if (clock.Now >= _until || random.NextDouble() >= _share)
        {
            return Fault.None;
        }

        var fault = _only is Fault.None ? possible[random.Next(possible.Length)] : possible.Contains(_only) ? _only : Fault.None;
        if (fault is not Fault.None)
        {
            Happened();
        }

        return fault;
    }
}
