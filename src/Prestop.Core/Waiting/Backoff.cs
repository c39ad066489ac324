namespace Prestop.Core.Waiting;

/// <summary>
/// How long to leave a server alone after it failed: a random length below a ceiling that doubles with every failure in a
/// row ("full jitter"), so that many clients which failed together do not come back together.
/// </summary>
/// <param name="first">The first ceiling; above zero.</param>
/// <param name="longest">The last ceiling; not below <paramref name="first"/>.</param>
/// <param name="random">Spreads the lengths.</param>
public sealed class Backoff(TimeSpan first, TimeSpan longest, Random random)
{
    private int _failures;

    /// <summary>The length after one more failure; zero or more.</summary>
    public TimeSpan Next()
    {
        var ceiling = Math.Min(longest.TotalSeconds, first.TotalSeconds * Math.Pow(2, _failures++));
        return TimeSpan.FromSeconds(ceiling * random.NextDouble());
    }

    /// <summary>Starts anew after a success.</summary>
    public void Reset() => _failures = 0;
}
