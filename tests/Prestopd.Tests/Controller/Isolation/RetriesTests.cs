using Prestopd.Controller.Isolation;
using Xunit;

namespace Prestopd.Tests.Controller.Isolation;

public sealed class RetriesTests
{
    private const int MostTries = 10;

    /// <summary>As client-go does it, each gap a little longer than told. Drains that end early are noticed within a gap once the long one is over.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4.2)]
    [InlineData(45)]
    [InlineData(50)]
    [InlineData(51)]
    [InlineData(105)]
    [InlineData(3600)]
    public void Ten_tries_reach_the_end_and_the_last_one_lands_on_it(double drain)
    {
        foreach (var delay in (double[])[0, 0.05, 0.4])
        {
            var at = 0.0;
            var tries = 0;
            while (at < drain)
            {
                at += Retries.After(TimeSpan.FromSeconds(drain - at)) + delay;
                tries++;
            }

            Assert.InRange(tries, 1, MostTries);
            Assert.InRange(at - drain, 0, 1 + delay);
        }
    }

    [Fact]
    public void Whenever_a_drain_ends_all_clients_are_back_before_we_delete()
    {
        var start = Views.Now;
        foreach (var drain in (int[])[10, 45, 50, 60, 120, 600])
        {
            var until = start.AddSeconds(drain);
            for (var ended = 0; ended <= drain; ended++)
            {
                var deleted = Retries.AllBack(start.AddSeconds(ended), until);
                for (var asked = 0; asked < ended; asked++)
                {
                    Assert.True(start.AddSeconds(asked + Retries.After(until - start.AddSeconds(asked))) < deleted, $"asked at {asked} of {drain}, ended at {ended}");
                }

                Assert.True(deleted <= until.AddSeconds(10));
            }
        }
    }
}
