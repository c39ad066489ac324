using Bench.Figures;
using Bench.Processes;
using Bench.Servers;
using Prestop.Testing;

namespace Bench.Sections;

/// <summary>How soon <c>idle://</c> ends once a proxy under load stops sending: never within the quiet period, and soon after it.</summary>
internal static class DrainSection
{
    private static TimeSpan Quiet { get; } = TimeSpan.FromSeconds(1);

    private static TimeSpan Latest { get; } = TimeSpan.FromMilliseconds(250);

    public static Section Measure(TemporaryFolder folder)
    {
        var runs = LongRun.IsAsked ? 50 : 5;
        using var entered = NetworkNamespace.TryEnter();
        using var app = new ProxiedApp(folder);
        var table = new Table(
            $"prestop --min 1s --quiet {Quiet.TotalSeconds}s idle://:PORT while a proxy under load stops sending",
            ("", ""), ("runs", ""), ("early", ""), ("earliest", "ms"), ("median", "ms"), ("latest", "ms"), ("late", ""));
        var goals = new List<Goal>();
        foreach (var (name, port) in new[] { ("nginx", app.NginxPort), ("haproxy", app.HaproxyPort) })
        {
            var after = Enumerable.Range(0, runs).Select(_ => AfterQuiet(app, port)).Order().ToList();
            var early = after.Count(time => time < TimeSpan.Zero);
            table.Add(
                name, Cell.Count(runs), Cell.Count(early), Cell.Milliseconds(after[0]), Cell.Milliseconds(after[runs / 2]),
                Cell.Milliseconds(after[^1]), Cell.Count(after.Count(time => time > Latest)));
            goals.Add(Goal.Count($"idle:// behind {name}: runs that end within the quiet period", early, 0));
            goals.Add(Goal.Time($"idle:// behind {name}: latest end after the quiet period", after[^1], Latest));
        }

        table.Explain($"Each run: wrk keeps 200 connections to the proxy busy for a second; the proxy keeps its own to the app, an nginx, open. In {NetworkNamespace.NameOf(entered)}.");
        table.Explain("earliest, median, latest: prestop's exit after the last answer in the app's own log and the quiet period; late: after more than 250 ms.");
        table.Explain($"{LongRun.Variable}=1 makes 50 runs with each proxy.");
        return new Section(table, goals);
    }

    private static TimeSpan AfterQuiet(ProxiedApp app, int proxy)
    {
        var load = new Command(SystemProgram.Find("wrk", "wrk"), "-t1", "-c200", "-d1s", $"http://127.0.0.1:{proxy}/").Start();
        new Command(Repository.Published("prestop"), "--min", "1s", "--max", "60s", "--quiet", $"{Quiet.TotalSeconds}s", $"idle://:{app.Port}").Run();
        var end = DateTimeOffset.UtcNow;
        Command.Stop(load);
        return end - app.LastAnswer - Quiet;
    }
}
