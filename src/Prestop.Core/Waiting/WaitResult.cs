namespace Prestop.Core.Waiting;

/// <summary>How a wait can end, the mildest first.</summary>
public enum WaitEnd
{
    /// <summary>What was waited for has come.</summary>
    Met,

    /// <summary>The condition could not be judged by the time at which a plain sleep would have been over.</summary>
    FellBack,

    /// <summary>The deadline came first.</summary>
    DeadlineExceeded,

    /// <summary>The condition can never be judged.</summary>
    Broken,

    /// <summary>The caller called it off.</summary>
    Cancelled,
}

/// <summary>The end of a wait.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Seen">What was seen last, in words; empty when nothing was.</param>
/// <param name="Elapsed">How long it took.</param>
public readonly record struct WaitResult(WaitEnd End, string Seen, TimeSpan Elapsed);
