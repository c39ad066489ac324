namespace Prestop.Conditions.Traffic.Evidence;

/// <summary>What a short connection carried.</summary>
/// <param name="At">When its request came, or when it opened if none did; counted from the start of the wait.</param>
/// <param name="Until">When it last counted against the quiet period: its answer may have come later.</param>
internal readonly record struct Exchange(TimeSpan At, TimeSpan Until);
