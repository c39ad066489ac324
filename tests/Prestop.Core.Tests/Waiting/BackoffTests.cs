using FsCheck;
using FsCheck.Fluent;
using Prestop.Core.Waiting;
using Xunit;

namespace Prestop.Core.Tests.Waiting;

public sealed class BackoffTests
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    [Fact]
    public void The_ceiling_doubles_until_the_last_one_and_starts_anew_after_a_success()
    {
        var backoff = new Backoff(First, Longest, new Highest());

        Assert.Equal([200, 400, 800, 1600, 3200, 5000, 5000], Enumerable.Range(0, 7).Select(_ => backoff.Next().TotalMilliseconds));
        backoff.Reset();
        Assert.Equal(200, backoff.Next().TotalMilliseconds);
    }

    [Fact]
    public void Lengths_are_spread_over_all_that_is_below_the_ceiling()
    {
        Prop.ForAll<int>(seed =>
        {
            var backoff = new Backoff(Longest, Longest, new Random(seed));
            TimeSpan[] lengths = [.. Enumerable.Range(0, 200).Select(_ => backoff.Next())];
            return lengths.All(length => length >= TimeSpan.Zero && length < Longest)
                && lengths.Any(length => length < Longest / 4)
                && lengths.Any(length => length > Longest * 3 / 4);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Any_number_of_failures_keeps_to_the_last_ceiling()
    {
        var backoff = new Backoff(First, Longest, new Highest());

        for (var i = 0; i < 5000; i++)
        {
            backoff.Next();
        }

        Assert.Equal(Longest, backoff.Next());
    }

    private sealed class Highest : Random
    {
        public override double NextDouble() => 1;
    }
}
