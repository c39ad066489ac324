using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Bench.Figures;
using Bench.Servers;
using Prestop.Testing;

namespace Bench.Sections;

/// <summary>
/// Rolling restarts under constant load: three pods in network namespaces behind a real nginx or haproxy, each replaced in turn by a new one,
/// with several hooks. The proxy learns that a pod ends some time after its delete; the app is gone at SIGTERM.
/// </summary>
internal static class RolloutSection
{
    private const int Replicas = 3, Places = Replicas + 1;

    // Requests a second to a proxy, a third of them to each pod. In the long run those that idle:// is judged by are most of them.
    private const int Rate = 100, LongRate = 50, LongIdleRate = 850;

    private const int LongRestarts = 10 * Replicas, LongRequests = 250_000;

    private const double ControlMargin = 6;

    private const string Picture = "artifacts/last-minute.svg", Idle = "`prestop idle://:8080`", NoHook = "no hook";

    private static readonly double[] Lags = [2, 8];

    // How much longer than the lag a fixed sleep is tried.
    private static readonly double[] Margins = [0.25, 0.5, 1, 2, 4];

    private const string Nginx = "nginx", NginxKept = "nginx, kept clients";

    private static readonly string[] Proxies = [Nginx, "haproxy"];

    // Between a new pod's first request and the old one's delete, and between the old one's end and the next new pod.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(1);

    public static Section Measure(TemporaryFolder folder)
    {
        var table = new Table(
            "Rolling restarts under constant load: what each hook loses, and how long it takes",
            ("hook", ""), ("proxy", ""), ("lag", "s"), ("restarts", ""), ("requests", ""), ("failed", ""), ("of them", "before SIGTERM"), ("SIGTERM", "mean s"), ("after the lag", "latest s"));
        if (!Environment.IsPrivilegedProcess)
        {
            table.Explain("Nothing was measured: network namespaces need root.");
            return new Section(table, []);
        }

        // Each socket is made on a thread in its network, and one of the pool's waits for it.
        ThreadPool.SetMinThreads(64, 64);
        var goals = new List<Goal>();
        var lastMinutes = new List<LastMinute>();
        foreach (var lag in Lags)
        {
            var cells = Hooks(lag).SelectMany(hook => (hook.Name == Idle || hook.Sleep == lag + ControlMargin ? Proxies.Append(NginxKept) : Proxies).Select(proxy => (hook, proxy))).ToList();
            using var pods = PodsOnNode.CreateAsync(cells.Count * Places).GetAwaiter().GetResult();
            var all = Task.WhenAll(cells.Select((cell, index) =>
                RunAsync(cell.hook, cell.proxy, TimeSpan.FromSeconds(lag), pods, 1 + (index * Places), folder))).GetAwaiter().GetResult();
            Judge(lag, all, table, goals, lastMinutes);
        }

        File.WriteAllText(Repository.PathTo(Picture), LastMinute.Draw(lastMinutes));
        table.Explain($"{Replicas} pods behind each proxy, each replaced in turn: the new one is sent requests, then the old one is deleted, which starts its hook, and lag later the proxy");
        table.Explain("stops sending to it, nginx by a reload, haproxy by its runtime API. At SIGTERM, the hook's end, the app is gone: it drains nothing. failed: any answer but 200, or none.");
        table.Explain("Requests come at an even rate, each on a client connection of its own; kept clients keep theirs open, and nginx resets some of them when it is reloaded, with any hook.");
        table.Explain("Neither proxy asks a second pod when one fails; both keep their connections to pods open. No probes: how they cost idle:// time is in ./build.sh bench evidence.");
        table.Explain($"Fixed sleeps tried: {string.Join(", ", Margins)} s longer than the lag; just enough is the shortest that loses nothing, and no longer one does.");
        table.Explain($"control: {ControlMargin} s longer; what it loses is not the hook's doing. before SIGTERM: sent while the pod still served.");
        table.Explain($"{LongRun.Variable}=1 makes {LongRestarts} restarts a row, and {LongRequests:N0} requests a row with idle://.");
        table.Explain($"The same as a picture: {Picture}. Its rows for the README, of both proxies together:");
        lastMinutes.ForEach(one => table.Explain(one.Row));
        return new Section(table, goals);
    }

    private static void Judge(double lag, IReadOnlyList<Course> all, Table table, List<Goal> goals, List<LastMinute> lastMinutes)
    {
        var sleeps = all.GroupBy(course => course.Hook).Where(rows => rows.Key.Sleep > lag && rows.Key.Sleep < lag + ControlMargin).OrderByDescending(rows => rows.Key.Sleep);
        var shortest = sleeps.TakeWhile(rows => rows.All(course => course.Failures.Count == 0)).LastOrDefault()?.Key;
        foreach (var rows in all.GroupBy(course => course.Hook))
        {
            var (hook, name) = (rows.Key, rows.Key.Name);
            if (hook == shortest)
            {
                name += ", just enough";
            }
            else if (hook.Sleep == lag + ControlMargin)
            {
                name += ", control";
            }
            else if (hook.Sleep is not (0 or 6))
            {
                continue;
            }

            foreach (var course in rows)
            {
                var failed = course.Failures.Count;
                table.Add(
                    name.Replace("`", "", StringComparison.Ordinal), course.Proxy, Cell.Seconds(lag), Cell.Count(course.Seconds.Count), Cell.Count(course.Sent), Cell.Count(failed),
                    Cell.Count(course.FailedBeforeSigterm), Cell.Seconds(course.Seconds.Average()), Cell.Seconds(course.Seconds.Max() - lag));
                if (hook.Name == Idle && course.Proxy != NginxKept)
                {
                    var title = $"idle:// behind {course.Proxy}, lag {lag} s: ";
                    goals.Add(Goal.Count(title + "failed requests", failed, 0));
                    goals.Add(Goal.Time(title + "mean SIGTERM after the lag", TimeSpan.FromSeconds(course.Seconds.Average() - lag), TimeSpan.FromSeconds(1.5)));
                }
            }

            var own = rows.Where(course => course.Proxy != NginxKept).ToList();
            var seconds = Math.Round(own.SelectMany(course => course.Seconds).Average(), 1);
            lastMinutes.Add(new LastMinute(lag, name, own.Sum(course => course.Sent), own.Sum(course => course.Failures.Count), seconds));
        }
    }

    private static Hook[] Hooks(double lag) =>
    [
        new Hook(NoHook, 0, null),
        .. Margins.Select(margin => lag + margin).Prepend(6).Distinct().Select(Sleep),
        new Hook(Idle, 0, ["prestop", $"idle://:{App.Port}"]),
        Sleep(lag + ControlMargin),
    ];

    private static Hook Sleep(double seconds)
    {
        var operand = seconds.ToString(CultureInfo.InvariantCulture);
        return new Hook($"`sleep {operand}`", seconds, ["sleep", operand]);
    }

    private static async Task<Course> RunAsync(Hook hook, string proxied, TimeSpan lag, PodsOnNode pods, int first, TemporaryFolder folder)
    {
        var time = TimeProvider.System;
        var isKept = proxied == NginxKept;
        var isLongIdle = LongRun.IsAsked && hook.Name == Idle && !isKept;
        var name = string.Create(CultureInfo.InvariantCulture, $"{lag.TotalSeconds}-{first}");
        var addresses = Enumerable.Range(first, Places).Select(pod => new IPEndPoint(PodLink.AddressOf(pod), App.Port)).ToList();
        var apps = new App?[Places];
        var serving = new HashSet<int>();
        using var proxy = pods.OnNode<ServiceProxy>(() => proxied is Nginx or NginxKept
            ? new ServiceProxy.Nginx(folder, name, addresses) : new ServiceProxy.Haproxy(folder, name, addresses));
        for (var place = 0; place < Replicas; place++)
        {
            await StartAsync(place);
        }

        await Task.Delay(Settled);
        using var stop = new CancellationTokenSource();
        using var balancer = new Balancer(
            () => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), new Uri("http://pods/"), isKept, proxy.Front);
        var load = balancer.SendAsync(new Even(LongRun.IsAsked ? isLongIdle || isKept ? LongIdleRate : LongRate : Rate), TimeSpan.FromHours(2), new Random(first), stop.Token);

        var ends = new List<(long Deleted, long Ended)>();
        var restarts = LongRun.IsAsked ? LongRestarts : Replicas;
        for (var old = 0; ends.Count < restarts || (isLongIdle && balancer.Sent < LongRequests); old = (old + 1) % Places)
        {
            await StartAsync((old + Replicas) % Places);
            await Task.Delay(Settled);

            var deleted = time.GetTimestamp();
            var stopped = LearnAsync(old);
            await hook.RunAsync(pods.Network(first + old));
            apps[old]!.Dispose();
            ends.Add((deleted, time.GetTimestamp()));
            await stopped;
            await Task.Delay(Settled);
        }

        await stop.CancelAsync();
        await load;
        Array.ForEach(apps, app => app?.Dispose());
        return new Course(hook, proxied, balancer.Sent, balancer.Failures, ends);

        async Task StartAsync(int place)
        {
            apps[place] = new App(pods.Place(first + place).InPod, addresses[place]);
            serving.Add(place);
            await proxy.SendToAsync(serving);
        }

        async Task LearnAsync(int gone)
        {
            await Task.Delay(lag);
            serving.Remove(gone);
            await proxy.SendToAsync(serving);
        }
    }

    /// <summary>What runs before SIGTERM.</summary>
    /// <param name="Name">As the README calls it.</param>
    /// <param name="Sleep">How many seconds it is, where it is a fixed sleep; else 0.</param>
    /// <param name="Command">A published program and its arguments; null: nothing runs.</param>
    private sealed record Hook(string Name, double Sleep, string[]? Command)
    {
        public async Task RunAsync(TestNetwork network)
        {
            if (Command is not null)
            {
                await using var program = new OnHost { Network = network }.Run(Command[0], Command[1..]);
                await program.ExitsWithAsync(0);
            }
        }
    }

    /// <summary>How the restarts of one row went.</summary>
    private sealed record Course(Hook Hook, string Proxy, int Sent, IReadOnlyCollection<FailedRequest> Failures, IReadOnlyList<(long Deleted, long Ended)> Ends)
    {
        /// <summary>From each delete to its SIGTERM.</summary>
        public IReadOnlyList<double> Seconds { get; } = [.. Ends.Select(end => TimeProvider.System.GetElapsedTime(end.Deleted, end.Ended).TotalSeconds)];

        /// <summary>Those that were sent while every pod served: no hook's doing.</summary>
        public int FailedBeforeSigterm => Failures.Count(failure => Ends.LastOrDefault(end => end.Deleted <= failure.Sent).Ended is var end && (end == 0 || failure.Sent < end));
    }
}
