namespace Prestop.Conditions.Traffic.Evidence;

/// <summary>How traffic came, up to its last moment: what silence is measured against.</summary>
/// <param name="Busy">How many looks showed that something arrived.</param>
/// <param name="Silent">How many did not, from the start to the last that did.</param>
/// <param name="Seconds">In how many different seconds something arrived.</param>
/// <param name="LongestGap">The longest time between two arrivals; between the start and the first counts too.</param>
internal readonly record struct Rhythm(int Busy, int Silent, int Seconds, TimeSpan LongestGap);
