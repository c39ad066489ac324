using System.Globalization;
using System.Net;
using Bench.Figures;
using Bench.Servers;
using Prestop.Testing;

namespace Bench.Sections;

/// <summary>
/// The same with real sockets: pods in network namespaces, the kubelet's probes from their gateway, nginx and haproxy or a balancer
/// that connects for each request, and the published <c>prestop</c> as the hook.
/// </summary>
internal static class EvidenceSection
{
    private const int BusyRate = 20, BusyPodsAtOnce = 8, QuietPodsAtOnce = 20;

    private static readonly string[] Hook = ["--min", "2s", "--max", "25s"];

    // Where requests go when the pod is gone.
    private static readonly IPEndPoint OtherPod = new(IPAddress.Loopback, 8090);

    public static Section Measure(TemporaryFolder folder)
    {
        var table = new Table(
            $"prestop {string.Join(' ', Hook)} idle://:{App.Port} in a pod that is deleted while a balancer sends to it",
            ("requests", ""), ("a second", ""), ("probes", "s"), ("lag", "s"), ("pods", ""), ("early", ""), ("hooks", "failed"), ("requests", ""), ("requests", "failed"),
            ("SIGTERM", "mean s"), ("after the stop", "latest s"), ("after a request", "latest s"));
        if (!Environment.IsPrivilegedProcess)
        {
            table.Explain("Nothing was measured: network namespaces need root.");
            return new Section(table, []);
        }

        // Each socket is made on a thread in its network, and one of the pool's waits for it: kubelets and balancers must not be late for that.
        ThreadPool.SetMinThreads(64, 64);
        var rows = Rows();
        using var pods = PodsOnNode.CreateAsync(rows.Where(row => !row.IsBusy).Sum(row => row.AtOnce)).GetAwaiter().GetResult();
        using var other = new App(pods.Place(1).OnNode, OtherPod);
        return Measure(rows, pods, folder, table);
    }

    private static Section Measure(Row[] rows, PodsOnNode pods, TemporaryFolder folder, Table table)
    {
        var goals = new List<Goal>();
        foreach (var (row, ends) in rows.Zip(RunAll(rows, pods, folder)))
        {
            var early = ends.Count(end => end.IsEarly);
            var failedHooks = ends.Count(end => !end.Succeeded);
            var afterStop = ends.Max(end => end.Ended - end.Stopped);
            var afterRequest = ends.Max(end => end.SinceLastRequest);
            table.Add(
                row.Name, row.Rate, row.Probes, Cell.Seconds(row.Rollout.Lag.TotalSeconds), Cell.Count(ends.Count), Cell.Count(early), Cell.Count(failedHooks),
                Cell.Count(ends.Sum(end => end.Sent)), Cell.Count(ends.Sum(end => end.Failed)), Cell.Seconds(ends.Average(end => end.Ended.TotalSeconds)),
                Cell.Seconds(afterStop.TotalSeconds), Cell.Seconds(afterRequest.TotalSeconds));
            var title = $"{row.Name}, {row.Rate}/s, probes {row.Probes}, stop after {row.Rollout.Lag.TotalSeconds} s: ";
            goals.Add(Goal.Count(title + "pods that end early, and hooks that fail", early + failedHooks, 0));
            goals.Add(row.Rollout.Probes.Count == 0 && row.IsBusy
                ? Goal.Time(title + "latest end after a request", afterRequest, TimeSpan.FromSeconds(2.5))
                : Goal.Time(title + "latest end after the stop", afterStop, row.Latest));
        }

        table.Explain("lag: the balancer stops so long after the delete, which starts the hook; early: SIGTERM came before that. The app serves nobody after SIGTERM.");
        table.Explain($"probes: how often each comes from the pod's gateway, on new connections; t: by TCP, else by HTTP. {BusyPodsAtOnce} busy pods at once.");
        table.Explain("direct: each request on a new connection, from one address. node: haproxy that connects from the gateway's address, as a NodePort has it.");
        table.Explain($"{LongRun.Variable}=1 deletes 200 quiet pods a row and 24 busy ones.");
        return new Section(table, goals);
    }

    private static Row[] Rows()
    {
        var (busy, keptBusy) = (new Independent(100), new Even(100) { KeptOpen = 8 });
        (Check, double) fast = (Check.Http, 1), usual = (Check.Http, 2), tcp = (Check.Tcp, 5), slow = (Check.Http, 5);
        return
        [
            Of("direct", busy, 2),
            Of("direct", busy, 2, fast),
            Of("direct", busy, 2, usual),
            Of("direct", busy, 2, tcp),
            Of("direct", busy, 8, usual, tcp),
            Of("direct", new Even(20), 8),
            Of("direct, --ignore node", busy, 2, fast) with { Options = ["--ignore", "node"] },
            Of("nginx", keptBusy, 2) with { Proxy = Proxied.Nginx },
            Of("nginx", keptBusy, 8, usual) with { Proxy = Proxied.Nginx },
            Of("haproxy", keptBusy, 2, fast) with { Proxy = Proxied.Haproxy },
            Of("haproxy", new Independent(30) { KeptOpen = 8 }, 8) with { Proxy = Proxied.Haproxy },
            Of("haproxy, node", keptBusy, 8, slow) with { Proxy = Proxied.HaproxyOnNode },
            Of("direct", new Even(1 / 3.0), 8),
            Of("direct", new Even(1 / 6.0), 8, slow),
            Of("direct", new Independent(0.25), 8, fast),
            Of("nginx", new Independent(0.25) { KeptOpen = 1 }, 8, usual) with { Proxy = Proxied.Nginx },
        ];

        static Row Of(string name, Arrivals arrivals, double lag, params (Check Check, double Period)[] probes) =>
            new(name, new Rollout(arrivals, TimeSpan.FromSeconds(lag)) { Probes = probes });
    }

    /// <summary>Busy rows one after the other; then the quiet ones side by side, since their pods cost next to nothing.</summary>
    private static List<List<RolloutEnd>> RunAll(Row[] rows, PodsOnNode pods, TemporaryFolder folder)
    {
        var ends = new List<List<RolloutEnd>>();
        var quiet = new List<Task<List<RolloutEnd>>>();
        var taken = 0;
        foreach (var row in rows.OrderByDescending(row => row.IsBusy))
        {
            if (row.IsBusy)
            {
                ends.Add(RunAsync(row, pods, 1, folder).GetAwaiter().GetResult());
            }
            else
            {
                quiet.Add(RunAsync(row, pods, 1 + taken, folder));
                taken += row.AtOnce;
            }
        }

        ends.AddRange(Task.WhenAll(quiet).GetAwaiter().GetResult());
        return ends;
    }

    private static async Task<List<RolloutEnd>> RunAsync(Row row, PodsOnNode pods, int first, TemporaryFolder folder)
    {
        var ends = new List<RolloutEnd>();
        while (ends.Count < row.Count)
        {
            var begun = ends.Count;
            ends.AddRange(await Task.WhenAll(Enumerable.Range(0, Math.Min(row.AtOnce, row.Count - begun)).Select(turn =>
                DeletePodAsync(row, pods, first + turn, begun + turn, folder))));
        }

        return ends;
    }

    private static async Task<RolloutEnd> DeletePodAsync(Row row, PodsOnNode pods, int pod, int seed, TemporaryFolder folder)
    {
        using var proxy = row.Start(pods, pod, $"{pod}-{seed}", folder);
        return await row.Rollout.RunAsync(pods.Place(pod), proxy, async () =>
        {
            await using var prestop = new OnHost { Network = pods.Network(pod) }.Run("prestop", [.. Hook, .. row.Options, $"idle://:{App.Port}"]);
            return await prestop.ExitAsync() == ExitStatus.With(0);
        }, seed);
    }

    private enum Proxied
    {
        No,
        Nginx,
        Haproxy,
        HaproxyOnNode,
    }

    private sealed record Row(string Name, Rollout Rollout)
    {
        public Proxied Proxy { get; init; }

        public IReadOnlyList<string> Options { get; init; } = [];

        /// <summary>How many pods are deleted.</summary>
        public int Count => (LongRun.IsAsked, IsBusy) switch { (true, false) => 200, (true, true) => 24, _ => BusyPodsAtOnce };

        public int AtOnce => Math.Min(Count, IsBusy ? BusyPodsAtOnce : QuietPodsAtOnce);

        public bool IsBusy => Rollout.Arrivals.Rate >= BusyRate;

        public string Rate => Rollout.Arrivals.Rate.ToString("0.##", CultureInfo.InvariantCulture);

        public string Probes => Rollout.Probes.Count == 0 ? "-" : string.Join(" and ", Rollout.Probes.Select(probe =>
            probe.Period.ToString(CultureInfo.InvariantCulture) + (probe.Check is Check.Tcp ? "t" : "")));

        /// <summary>When it must be over after the stop: a quiet period and 1.5 s, or when the slowest probe is known that is not of every second.</summary>
        public TimeSpan Latest
        {
            get
            {
                var quiet = TimeSpan.FromSeconds(IsBusy ? 3.5 : 16.5);
                var known = TimeSpan.FromSeconds((3 * Rollout.Probes.Select(probe => probe.Period).Where(period => period > 1).DefaultIfEmpty().Max()) + 1);
                return quiet > known ? quiet : known;
            }
        }

        /// <summary>Starts the proxy before a pod's app, if there is one.</summary>
        public Proxy? Start(PodsOnNode pods, int pod, string name, TemporaryFolder folder)
        {
            var app = new IPEndPoint(PodLink.AddressOf(pod), App.Port);
            var from = Proxy is Proxied.HaproxyOnNode ? null : PodLink.Balancer;
            return Proxy switch
            {
                Proxied.No => null,
                Proxied.Nginx => pods.OnNode(() => Servers.Proxy.Nginx(folder, name, app, from, OtherPod)),
                _ => pods.OnNode(() => Servers.Proxy.Haproxy(folder, name, app, from, OtherPod)),
            };
        }
    }
}
