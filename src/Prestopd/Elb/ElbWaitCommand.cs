using Prestop.Core;
using Prestop.Core.Options;
using Prestop.Core.Waiting;
using Prestop.Elb.Draining;
using Prestopd.Hosting;

namespace Prestopd.Elb;

/// <summary><c>prestopd elb wait</c>: one wait from a shell.</summary>
internal static class ElbWaitCommand
{
    /// <summary>The command.</summary>
    public static Command Specification { get; } = new(
        "elb wait",
        "Waits until AWS load balancers have let go of a pod. Exit status: 0 they have; 2 usage; 124 the deadline came first; 125 it cannot be told; 128+N ended by signal N.",
        ElbNames.WaitOptions,
        Read);

    private static Func<ThisProcess, Task<int>> Read(OptionReader options)
    {
        var format = options.Choice(ServerOptions.LogFormat) is "json" ? LogFormat.Json : LogFormat.Text;
        var reader = new WaitRequestReader(options.Text, options.Source, TimeSpan.MaxValue);
        var wanted = reader.Read();
        reader.Problems.ForEach(options.Add);
        var settings = ElbSettings.Read(options);
        if (settings is { Cluster: null } && wanted is { Drain.Source.Balanced: not null })
        {
            options.Add(settings.ClusterProblem);
        }

        return process => RunAsync(wanted!, settings!, format, options.Source, process);
    }

    private static async Task<int> RunAsync(WaitRequest wanted, ElbSettings settings, LogFormat format, Func<OptionSpec, string> source, ThisProcess process)
    {
        var start = process.Time.GetTimestamp();
        var lines = new LineWriter(process.Stderr, process.Time);
        var wait = new LoggedWait(new ServerLog(lines, process.Time, format, everything: true), "", wanted, source, []);
        using var api = settings.Client(process.Time);
        using var balancers = settings.Connect(api, new AwsCalls(), process.Time);
        using var interruption = new Interruption(process.Signals);
        wait.Begins();
        var result = await balancers.Waits.WaitAsync(wanted.Drain, Deadline.After(wanted.MaxDelay, start, process.Time), wait, interruption.Token);
        wait.Ended(new WaitAnswer(WaitAnswer.OutcomeOf(result.End, isDropped: false), result.Seen, result.Elapsed, wait.Warnings));
        await lines.FlushAtExitAsync(process.Time);
        return result.End switch
        {
            DrainEnd.Out => ExitCodes.Done,
            DrainEnd.DeadlineExceeded => ExitCodes.DeadlineExceeded,
            DrainEnd.Cancelled => interruption.ExitCode,
            _ => ExitCodes.Broken,
        };
    }
}
