namespace Prestopd.Sidecar;

/// <summary>
/// Notices that health checks come less often than once an interval: the window is then empty between two of them, and a drain that
/// starts there ends while the load balancer still sends traffic.
/// </summary>
internal sealed class CheckPeriod
{
    /// <summary>Gaps longer than this are not a check period: 300 s is the longest that ELB, Azure and Google load balancers allow.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(300);

    /// <summary>How many such gaps in a row it takes; fewer are a load balancer that has just been attached.</summary>
    public const int Enough = 3;

    private readonly Lock _gate = new();
    private int _gaps;

    /// <summary>Takes note of a hit.</summary>
    /// <returns>True for the one hit in the life of the program at which to warn.</returns>
    public bool IsTooLong(Hit hit)
    {
        if (hit.InWindow > 1)
        {
            return false;
        }

        lock (_gate)
        {
            if (_gaps == Enough)
            {
                return false;
            }

            _gaps = hit.SinceLast <= Longest ? _gaps + 1 : 0;
            return _gaps == Enough;
        }
    }
}
