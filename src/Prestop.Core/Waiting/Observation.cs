namespace Prestop.Core.Waiting;

/// <summary>One answer of a condition.</summary>
/// <param name="Finding">What the look showed.</param>
/// <param name="Seen">The same in words for a log line: lower case, no full stop, no secrets (<c>status 503</c>).</param>
public readonly record struct Observation(Finding Finding, string Seen)
{
    /// <summary>
    /// When the condition knows better than the interval when the next look is worth while (the quiet period is about to
    /// end; the server said <c>Retry-After</c>): the time until then. Otherwise null.
    /// </summary>
    public TimeSpan? LookAgainIn { get; init; }

    /// <summary>
    /// True when <see cref="Seen"/> changes by itself while nothing happens ("last byte 1.2 s ago"), so that only another
    /// finding is news.
    /// </summary>
    public bool SeenDrifts { get; init; }

    /// <summary>True when an unclear finding only means that it is too soon to tell: waiting is enough, and nothing is wrong.</summary>
    public bool IsTooSoon { get; init; }

    /// <summary>What a person should be told once besides what was seen: why it may not mean what it seems to. One line each.</summary>
    public IReadOnlyList<string> Warnings { get => field ?? []; init; }

    /// <summary>What a person should be told once although nothing is wrong: what something was taken for. Null when there is nothing.</summary>
    public string? Note { get; init; }

    /// <summary>Who stands against it most, the busiest first.</summary>
    public IReadOnlyList<Caller> Callers { get => field ?? []; init; }

    /// <summary>True when somebody or something answered, so that the finding is a judgement, or when one is on its way.</summary>
    public bool IsJudged => Finding is Finding.Met or Finding.NotMet || IsTooSoon;

    /// <summary>True when this tells more than what was known before.</summary>
    /// <param name="before">The observation before this one.</param>
    public bool IsNewsAfter(in Observation before) => Finding != before.Finding || (!SeenDrifts && Seen != before.Seen);
}

/// <summary>
/// What one look at a target showed. The five are told apart because their opposites differ: <c>gone:</c> may end only on
/// what is certain, and <c>--fallback</c> may begin only where nothing could be judged.
/// </summary>
public enum Finding
{
    /// <summary>The condition holds.</summary>
    Met,

    /// <summary>The target answered, and the answer is no. Certain.</summary>
    NotMet,

    /// <summary>There is nobody to ask: the port refuses, the file is absent. Certain, but nothing was judged.</summary>
    Absent,

    /// <summary>It cannot be told this time: a time-out, a name that does not resolve, a connection cut short.</summary>
    Unclear,

    /// <summary>It can never be told, so asking again is pointless: access is forbidden, a certificate is not trusted.</summary>
    Broken,
}

/// <summary>A client that keeps something busy.</summary>
/// <param name="address">Its address.</param>
public sealed class Caller(string address)
{
    /// <summary>Its address.</summary>
    public string Address => address;

    /// <summary>How many connections of it are open.</summary>
    public required int OpenConnections { get; init; }

    /// <summary>How often something comes on them; 0 when nothing did.</summary>
    public required double RequestsPerSecond { get; init; }

    /// <summary>How often it opens one that does not stay open; 0 when it did so once or never.</summary>
    public required double NewConnectionsPerSecond { get; init; }
}
