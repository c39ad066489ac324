using System.Globalization;

namespace Prestopd.Tests.Controller.Model;

/// <summary>What happens to a cluster.</summary>
internal enum StepKind
{
    /// <summary>Somebody deletes a pod with kubectl.</summary>
    Delete,

    /// <summary>The same with grace period 0.</summary>
    Force,

    /// <summary>Somebody asks what deleting or evicting a pod would do.</summary>
    DryRun,

    /// <summary>A pod is evicted, and again every 5 s.</summary>
    Evict,

    /// <summary>A node is cordoned, and its pods are evicted.</summary>
    Drain,

    /// <summary>Pods are deleted for a taint of their node.</summary>
    Taint,

    /// <summary>A workload gets another template.</summary>
    Rollout,

    /// <summary>A workload gets another number of pods.</summary>
    Scale,

    /// <summary>A workload is deleted.</summary>
    DeleteOwner,

    /// <summary>A pod of a higher priority comes, and no node has room.</summary>
    Preempt,

    /// <summary>A pod is not ready for a while.</summary>
    Unready,

    /// <summary>A drain is called off.</summary>
    Cancel,

    /// <summary>The namespace is deleted.</summary>
    DeleteNamespace,

    /// <summary>A replica is killed.</summary>
    Kill,

    /// <summary>A replica is started, where there are fewer than two.</summary>
    Start,

    /// <summary>A replica's wall clock is set.</summary>
    SetClock,

    /// <summary>Requests of the replicas to the API server go wrong for a while.</summary>
    Storm,
}

/// <summary>One thing that happens.</summary>
/// <param name="At">When, in seconds from the beginning.</param>
/// <param name="Kind">What.</param>
/// <param name="Which">To which pod, node, workload or replica: counted round among those that there are then.</param>
/// <param name="Amount">How far, how much, or for how long, as the kind has it.</param>
/// <param name="Fault">What goes wrong in a storm; none for anything.</param>
internal sealed record Step(double At, StepKind Kind, int Which, double Amount = 0, Fault Fault = Fault.None)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At,7:0.000} {Kind} {Which} {Amount:0.00}{(Fault is Fault.None ? "" : $" {Fault}")}");
}

/// <summary>A workload and its budgets.</summary>
/// <param name="Kind">Its kind; <c>Pod</c> for bare pods.</param>
/// <param name="Replicas">How many pods it has, where it may choose.</param>
/// <param name="Selects">What its Service selects by: <c>app</c>, which its owner selects by too, or <c>role</c>, which nobody else does.</param>
/// <param name="Budgets">The limits of its budgets: <c>"minAvailable": 1</c>.</param>
/// <param name="Annotations">What its pods say, in JSON.</param>
internal sealed record ModelWorkload(string Kind, int Replicas, string Selects, IReadOnlyList<string> Budgets, string Annotations);

/// <summary>A cluster, and what happens to it: all of it follows from a number.</summary>
internal sealed record Schedule
{
    /// <summary>Wall clocks differ by no more than that either way, in seconds.</summary>
    public const double MostSkew = 3;

    private static readonly string[] Limits = ["\"minAvailable\": 1", "\"maxUnavailable\": 1", "\"maxUnavailable\": 0", "\"minAvailable\": \"50%\""];
    private static readonly Fault[] Hard = [Fault.Conflict, Fault.Internal, Fault.Unavailable, Fault.Unreachable, Fault.SlowAnswer];
    private static readonly StepKind[] Surging = [StepKind.Delete, StepKind.Evict, StepKind.Drain, StepKind.Taint, StepKind.Rollout, StepKind.DryRun, StepKind.Cancel];

    private static readonly StepKind[] Anything =
    [
        StepKind.Delete, StepKind.Delete, StepKind.Delete, StepKind.Evict, StepKind.Evict, StepKind.Evict, StepKind.Drain, StepKind.Drain, StepKind.Taint, StepKind.Rollout, StepKind.Rollout, StepKind.Scale,
        StepKind.Scale, StepKind.DeleteOwner, StepKind.Force, StepKind.DryRun, StepKind.Preempt, StepKind.Unready, StepKind.Cancel, StepKind.Cancel, StepKind.DeleteNamespace,
    ];

    public required int Seed { get; init; }

    public required IReadOnlyList<ModelWorkload> Workloads { get; init; }

    /// <summary>How long a drain takes, in seconds.</summary>
    public required int Drain { get; init; }

    /// <summary>Whether nothing goes wrong.</summary>
    public required bool IsCalm { get; init; }

    /// <summary>Whether there is one Deployment of 1, and nothing happens for which its pod may go before another one is ready.</summary>
    public required bool IsSurging { get; init; }

    public required IReadOnlyList<Step> Steps { get; init; }

    /// <summary>The schedule of a number.</summary>
    public static Schedule Of(int seed)
    {
        var random = new Random(seed);
        var isSurging = random.Next(4) == 0;
        var isCalm = random.Next(3) == 0;
        var steps = new List<Step>();
        for (var left = 1 + random.Next(4); left > 0; left--)
        {
            var kinds = isSurging ? Surging : Anything;
            var step = new Step(random.NextDouble() * 25, kinds[random.Next(kinds.Length)], random.Next(100), random.NextDouble());
            steps.Add(step);
            if (step.Kind is StepKind.Delete or StepKind.Evict && random.Next(3) == 0)
            {
                // Somebody else at the same time, or the same once more.
                steps.Add(step with { At = step.At + (random.NextDouble() * 3), Kind = random.Next(2) == 0 ? StepKind.Delete : StepKind.Evict });
            }

            if (step.Kind is StepKind.Delete or StepKind.Evict or StepKind.Drain && random.Next(4) == 0)
            {
                steps.Add(new Step(step.At + 0.5 + (random.NextDouble() * 10), StepKind.Cancel, random.Next(100)));
            }
        }

        if (!isCalm)
        {
            steps.AddRange(Trouble(random, [.. steps]));
        }

        return new Schedule
        {
            Seed = seed,
            Workloads = [.. Enumerable.Range(0, isSurging || random.Next(3) > 0 ? 1 : 2).Select(_ => Workload(random, isSurging))],
            Drain = 5 + random.Next(16),
            IsCalm = isCalm,
            IsSurging = isSurging,
            Steps = [.. steps.Select(step => step with { At = Math.Max(0, step.At) }).OrderBy(step => step.At)],
        };
    }

    public override string ToString() => string.Join(
        '\n',
        [
            $"seed {Seed}, drain {Drain} s{(IsCalm ? ", calm" : "")}{(IsSurging ? ", a Deployment of 1 that surges" : "")}",
            .. Workloads.Select(each => $"{each.Kind} of {each.Replicas}, Service by {each.Selects}, budgets {{{string.Join(" | ", each.Budgets)}}}, {each.Annotations}"),
            .. Steps.Select(step => step.ToString()),
        ]);

    private static ModelWorkload Workload(Random random, bool isSurging)
    {
        var kind = isSurging ? "Deployment" : random.Next(10) switch { < 5 => "Deployment", 5 or 6 => "StatefulSet", 7 => "DaemonSet", 8 => "Job", _ => "Pod" };
        var budgets = random.Next(6) switch
        {
            0 or 1 => [],
            5 when !isSurging => (string[])[Limits[0], Limits[1]],
            _ => [Limits[random.Next(Limits.Length)]],
        };
        var annotations = random.Next(8) switch
        {
            0 when !isSurging => """{"prestop/surge": "off"}""",
            1 => """{"prestop/surge": "on"}""",
            2 when !isSurging && random.Next(2) == 0 => """{"prestop/mode": "off"}""",
            _ => "{}",
        };
        return new ModelWorkload(kind, isSurging ? 1 : 1 + random.Next(3), kind is not "Deployment" && random.Next(2) == 0 ? "role" : "app", budgets, annotations);
    }

    /// <summary>Replicas are killed and come back, clocks are set, requests go wrong; most of it just when something else happens.</summary>
    private static IEnumerable<Step> Trouble(Random random, List<Step> steps)
    {
        // Nothing can be done just when a taint is asked for, and the taint manager asks no more.
        foreach (var taint in steps.Where(step => step.Kind is StepKind.Taint && random.Next(2) == 0))
        {
            yield return new Step(taint.At - 0.1, StepKind.Storm, 100, 1 + (random.NextDouble() * 14), Hard[random.Next(Hard.Length)]);
        }

        for (var left = 1 + random.Next(4); left > 0; left--)
        {
            var at = random.Next(3) == 0 ? random.NextDouble() * 45 : Math.Max(0, steps[random.Next(steps.Count)].At - 0.2 + (random.NextDouble() * 0.6));
            switch (random.Next(4))
            {
                case 0:
                    yield return new Step(at, StepKind.Kill, random.Next(100));
                    var again = at + 0.2 + (random.NextDouble() * 20);
                    yield return new Step(again, StepKind.Start, 0);
                    if (random.Next(2) == 0)
                    {
                        // It gets to know the cluster a piece at a time.
                        yield return new Step(again - 0.01, StepKind.Storm, 40 + random.Next(40), 1 + (random.NextDouble() * 10));
                    }

                    break;
                case 1:
                    yield return new Step(at, StepKind.SetClock, random.Next(100), ((random.NextDouble() * 2) - 1) * MostSkew);
                    break;
                default:
                    var faults = Enum.GetValues<Fault>();
                    yield return new Step(at, StepKind.Storm, random.Next(100), 0.5 + (random.NextDouble() * 15), random.Next(2) == 0 ? Fault.None : faults[random.Next(faults.Length)]);
                    break;
            }
        }
    }
}
