using System.Globalization;
using Xunit;

namespace Prestopd.Tests.Controller.Model;

/// <summary>
/// Whole replicas in a whole cluster, over thousands of schedules of what people, controllers, clocks and networks do: what must never be stands in <see cref="Invariants"/>.
/// PRESTOPSLEEP_SEED is the first schedule, PRESTOPSLEEP_SCHEDULES how many there are; a schedule that fails is run again with all that happens in its output.
/// </summary>
/// <param name="output">Gets the figures, and what a schedule that fails has done.</param>
public sealed class ClusterModelTests(ITestOutputHelper output)
{
    private const int Schedules = 2000;

    [Fact]
    public async Task Whatever_happens_no_pod_ends_while_it_serves_and_none_outlives_its_drain()
    {
        var (first, count) = (Variable("PRESTOPSLEEP_SEED") ?? 0, Variable("PRESTOPSLEEP_SCHEDULES") ?? Schedules);
        var (drained, restored) = (0, 0);
        for (var seed = first; seed < first + count; seed++)
        {
            var schedule = Schedule.Of(seed);
            await using var model = new ClusterModel(schedule);
            if (model.Run() is { } violation)
            {
                await using var again = new ClusterModel(schedule, output.WriteLine);
                again.Run();
                Assert.Fail($"{violation}\n{schedule}\nPRESTOPSLEEP_SEED={seed} PRESTOPSLEEP_SCHEDULES=1 runs it again");
            }

            drained += model.Invariants.Drained;
            restored += model.Invariants.Restored;
        }

        // The schedules do what they are for.
        output.WriteLine($"{count} schedules, {drained} pods drained, {restored} drains called off");
        Assert.True(count < 100 || (drained > count / 2 && restored > count / 50), $"{drained} pods drained, {restored} drains called off");
    }

    private static int? Variable(string name) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : null;
}
