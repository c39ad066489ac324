using Xunit;

namespace Prestopd.Tests.Controller.Isolation;

/// <summary>
/// Over hundreds of schedules of deletes, evictions, conflicts, old views and clocks that differ: no pod that Services send to ends, none before its drain
/// has, none outlives it by more than 10 s, no label is lost, no disruption is spent twice, no client gives up or misses its pod.
/// </summary>
public sealed class DrainModelTests
{
    private const int Schedules = 60;

    [Theory]
    [InlineData(nameof(DrainModel.Askers.All), 3)]
    [InlineData(nameof(DrainModel.Askers.Surging), 1)]
    [InlineData(nameof(DrainModel.Askers.Evictors), 1)]
    [InlineData(nameof(DrainModel.Askers.Evictors), 2)]
    public void Whatever_comes_no_request_is_lost(string asked, int replicas)
    {
        var drained = 0;
        var restored = 0;
        for (var seed = 0; seed < Schedules; seed++)
        {
            var model = new DrainModel(new Random(seed), replicas, Enum.Parse<DrainModel.Askers>(asked));
            try
            {
                model.Run(steps: 400);
            }
            catch (InvalidOperationException thrown)
            {
                Assert.Fail($"schedule {seed}: {thrown.Message}");
            }

            drained += model.Drained;
            restored += model.Cancelled;
        }

        // The schedules do what they are for.
        Assert.True(drained > Schedules, $"{drained} pods drained");
        Assert.True(restored > 0 || asked != nameof(DrainModel.Askers.All), "no drain was called off");
    }
}
