namespace Prestop.Conditions.Traffic.Evidence;

/// <summary>How traffic came, up to its last moment: what silence is measured against.</summary>
/// <param name="Single">How many looks showed one arrival.</param>
/// <param name="Double">How many showed two.</param>
/// <param name="Several">How many showed more.</param>
/// <param name="Silent">How many showed none, from the start to the last that did.</param>
/// <param name="Seconds">In how many different seconds something arrived.</param>
/// <param name="LongestGap">The longest time between two arrivals; between the start and the first counts too.</param>
internal readonly record struct Rhythm(int Single, int Double, int Several, int Silent, int Seconds, TimeSpan LongestGap)
{
    /// <summary>How many looks showed that something arrived.</summary>
    public int Busy => Single + Double + Several;
}
