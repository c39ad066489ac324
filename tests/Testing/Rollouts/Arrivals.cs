namespace Prestop.Testing;

/// <summary>When a balancer sends requests, as long as it does: a stationary stream, entered at any moment of it.</summary>
/// <param name="Name">For tables.</param>
/// <param name="Rate">On average, a second.</param>
internal abstract record Arrivals(string Name, double Rate)
{
    /// <summary>Whether the requests come on connections that stay open, so many of them; null: each on a new one.</summary>
    public int? KeptOpen { get; init; }

    /// <summary>The moments in seconds, in order, from 0 to the end.</summary>
    public abstract IEnumerable<double> Until(double end, Random random);

    protected static double Exponential(Random random, double mean) => -mean * Math.Log(1 - random.NextDouble());
}

/// <summary>Independent of each other.</summary>
internal sealed record Independent(double Rate) : Arrivals("independent", Rate)
{
    public override IEnumerable<double> Until(double end, Random random)
    {
        for (var at = Exponential(random, 1 / Rate); at < end; at += Exponential(random, 1 / Rate))
        {
            yield return at;
        }
    }
}

/// <summary>At even intervals.</summary>
internal sealed record Even(double Rate) : Arrivals("even", Rate)
{
    public override IEnumerable<double> Until(double end, Random random)
    {
        for (var at = random.NextDouble() / Rate; at < end; at += 1 / Rate)
        {
            yield return at;
        }
    }
}

/// <summary>Bursts that begin independently of each other: one that has begun before the wait goes on in it.</summary>
internal sealed record Bursts(int Size, double Within, double Rate) : Arrivals($"bursts of {Size} at {Within}/s", Rate)
{
    public override IEnumerable<double> Until(double end, Random random)
    {
        List<double> all = [];
        var mean = Size / Rate;
        for (var start = -3 * Size / Within; start < end; start += Exponential(random, mean))
        {
            var at = start;
            for (var i = 0; i < Size && at < end; i++)
            {
                if (at >= 0)
                {
                    all.Add(at);
                }

                at += Exponential(random, 1 / Within);
            }
        }

        all.Sort();
        return all;
    }
}
