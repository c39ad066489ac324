namespace Prestopd.Sidecar;

/// <summary>Is told what happens to a <see cref="Drain"/>, in order and one at a time. Must not block and not call back.</summary>
internal interface IDrainObserver
{
    /// <summary>A signal came, in any state.</summary>
    /// <param name="name">The signal as Go's os.Signal prints it: <c>terminated</c>, <c>interrupt</c>.</param>
    void SignalReceived(string name);

    /// <summary>The drain was started by a <c>/waitz</c>.</summary>
    void StartedByWaitz();

    /// <summary>Those who started the drain by <c>/waitz</c> have gone, and no signal came.</summary>
    void ServesAgain();

    /// <summary>Draining: the requests in the window, once a second, at once the first time.</summary>
    /// <param name="hits">Zero or more; zero ends the draining.</param>
    void Draining(long hits);

    /// <summary>The cooldown begins.</summary>
    /// <param name="length">Its length.</param>
    void CoolingDown(TimeSpan length);

    /// <summary>A signal ends the drain before it is done.</summary>
    void CutShort();

    /// <summary>The longest drain is over, and it is not done.</summary>
    /// <param name="length">The limit.</param>
    /// <param name="hits">The requests in the window.</param>
    void MaxWaitOver(TimeSpan length, long hits);

    /// <summary>The drain is over: the callers of <c>/waitz</c> are released.</summary>
    void Completed();
}
