namespace Prestop.Core.Waiting;

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
