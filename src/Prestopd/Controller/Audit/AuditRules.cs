using System.Globalization;
using Prestop.Core;
using Prestop.Kubernetes.Json;
using Prestop.Kubernetes.Objects;
using Prestopd.Controller.Injection;

namespace Prestopd.Controller.Audit;

/// <summary>Something that an audit found.</summary>
/// <param name="Rule">The rule's name.</param>
/// <param name="LosesRequests">Whether requests are lost when a pod ends; else it is in the way of something.</param>
/// <param name="Subject">What it is about: <c>Deployment shop/web, container app</c>.</param>
/// <param name="Why">What is wrong: lower case, one line.</param>
/// <param name="Fix">What to do about it.</param>
internal sealed record Finding(string Rule, bool LosesRequests, string Subject, string Why, string Fix);

/// <summary>The rules of <c>prestopd controller audit</c>: each a function of the manifests.</summary>
internal static class AuditRules
{
    /// <summary>What a pod needs after its hook, at the least, to end by itself.</summary>
    private static readonly TimeSpan LeastForTheApp = TimeSpan.FromSeconds(2);

    /// <summary>Every rule by its name.</summary>
    public static IReadOnlyDictionary<string, Func<Manifests, IEnumerable<Finding>>> All { get; } = new Dictionary<string, Func<Manifests, IEnumerable<Finding>>>
    {
        ["no-hook"] = NoHook,
        ["hook-cannot-run"] = HookCannotRun,
        ["grace-too-short"] = GraceTooShort,
        ["ports-not-watched"] = PortsNotWatched,
        ["never-quiet"] = NeverQuiet,
        ["selector-without-pods"] = SelectorWithoutPods,
        ["budget-blocks"] = BudgetBlocks,
    };

    /// <summary>All that is found, in the order of the rules.</summary>
    /// <param name="manifests">The manifests.</param>
    public static IReadOnlyList<Finding> Run(Manifests manifests) => [.. All.Values.SelectMany(rule => rule(manifests))];

    private static IEnumerable<Finding> NoHook(Manifests manifests) =>
        from workload in manifests.Workloads
        let services = manifests.ServicesOf(workload)
        where services.Count > 0 && !manifests.DrainsWithoutHook(workload)
        from container in Serving(workload, services)
        where PreStopHook.Of(container) is null
        select new Finding(
            "no-hook", true, Subject(workload, container),
            $"no preStop hook: it gets SIGTERM while Service {services[0].Metadata.Name} still sends to it",
            "add preStop: {sleep: {seconds: 15}}, or a prestop hook that waits for evidence");

    private static IEnumerable<Finding> HookCannotRun(Manifests manifests) =>
        from workload in manifests.Workloads
        from container in PodContainer.Lasting(workload.Pod)
        let hook = PreStopHook.Of(container)
        where hook is { Words.Count: > 0 }
        let image = container.Content.Text("image") ?? ""
        let why = hook.Words is [var only] && only.Contains(' ', StringComparison.Ordinal) ? $"'{only}' is taken for the name of one file"
            : HasNoShell(image) && (hook.IsShell || hook.Program == "sleep") ? $"image {image} has no {hook.Program}"
            : null
        where why is not null
        select new Finding(
            "hook-cannot-run", true, Subject(workload, container), $"the preStop hook fails at once: {why}",
            hook.Words.Count == 1 ? "write each word as an item of its own" : "use preStop: {sleep: {seconds: N}}, or COPY --from the sleep of this project");

    private static IEnumerable<Finding> GraceTooShort(Manifests manifests) =>
        from workload in manifests.Workloads
        let grace = TimeSpan.FromSeconds(workload.Pod.Number("spec", "terminationGracePeriodSeconds") ?? HookInjection.DefaultGrace)
        from container in PodContainer.Lasting(workload.Pod)
        let length = PreStopHook.Of(container)?.Length
        where length + LeastForTheApp > grace
        select new Finding(
            "grace-too-short", true, Subject(workload, container),
            $"the preStop hook takes up to {Text(length.Value)} of a grace period of {Text(grace)}: SIGKILL comes before the app can end",
            $"set terminationGracePeriodSeconds to {Math.Ceiling((length.Value + LeastForTheApp).TotalSeconds).ToString(CultureInfo.InvariantCulture)} at the least, and to what the app needs on top");

    private static IEnumerable<Finding> PortsNotWatched(Manifests manifests) =>
        from workload in manifests.Workloads
        let services = manifests.ServicesOf(workload)
        where services.Count > 0
        let ports = HookCommand.Ports(workload.Pod, services)
        from container in PodContainer.Lasting(workload.Pod)
        let watched = PreStopHook.Of(container)?.WatchedPorts ?? []
        where watched.Count > 0
        from port in ports.Except(watched)
        select new Finding(
            "ports-not-watched", true, Subject(workload, container),
            $"the hook watches {string.Join(", ", watched)}, and a Service sends to {port}",
            $"write idle://:{string.Join(',', ports)}");

    private static IEnumerable<Finding> NeverQuiet(Manifests manifests) =>
        from workload in manifests.Workloads
        from container in PodContainer.Lasting(workload.Pod)
        let hook = PreStopHook.Of(container)
        let quiet = hook?.FixedQuiet
        where quiet is not null
        from probed in Probes(workload)
        where hook!.WatchedPorts.Contains(probed.Port) && probed.Period <= quiet!.Value
        select new Finding(
            "never-quiet", false, Subject(workload, container),
            $"a quiet period of {Text(quiet!.Value)} never comes: port {probed.Port} is probed every {Text(probed.Period)}, so that the hook takes until its deadline",
            "leave --quiet to its default, or add --ignore node");

    private static IEnumerable<Finding> SelectorWithoutPods(Manifests manifests)
    {
        var namespaces = manifests.All.Select(workload => workload.Namespace).ToHashSet();
        var sending = manifests.All.SelectMany(manifests.ServicesOf).ToHashSet();
        foreach (var service in manifests.Services)
        {
            if (service.Selector is { } selector && namespaces.Contains(service.Metadata.Namespace) && !sending.Contains(service))
            {
                yield return new Finding(
                    "selector-without-pods", false, Workload.TitleOf("Service", service.Metadata.Namespace, service.Metadata.Name),
                    $"no workload here has the labels that it selects by: {string.Join(", ", selector.Labels.Select(label => $"{label.Key}={label.Value}"))}",
                    "make selector and pod labels the same");
            }
        }
    }

    private static IEnumerable<Finding> BudgetBlocks(Manifests manifests)
    {
        var covered = manifests.Workloads.Select(workload => (Workload: workload, Budgets: manifests.BudgetsOf(workload))).ToList();
        var several =
            from each in covered
            where each.Budgets.Count > 1
            select OfBudget(each.Budgets[0], $"it and {each.Budgets[1].Metadata.Name} both cover {each.Workload.Title}: every eviction is refused", "keep one of them");
        var blocking =
            from each in covered
            where each.Budgets.Count == 1
            group each.Workload by each.Budgets[0] into budget
            where budget.Key.AllowsNone || NeedsAll(budget.Key, budget)
            select OfBudget(
                budget.Key,
                $"it allows no pod of {budget.First().Title} to be evicted: a node with one cannot be drained",
                "allow one disruption (maxUnavailable: 1), or run one replica more than it needs");
        return several.Concat(blocking);
    }

    /// <summary>Whether a budget needs as many pods as there are. Percentages are rounded up, as its controller does.</summary>
    private static bool NeedsAll(PodDisruptionBudget budget, IEnumerable<Workload> workloads)
    {
        var pods = workloads.Aggregate((long?)0, (sum, workload) => sum + workload.Replicas);
        var text = budget.MinAvailable ?? "";
        var isPercentage = text.EndsWith('%');
        return pods > 0
            && long.TryParse(text.AsSpan().TrimEnd('%'), NumberStyles.None, CultureInfo.InvariantCulture, out var least)
            && (isPercentage ? Math.Ceiling(least * pods.Value / 100.0) : least) >= pods;
    }

    private static Finding OfBudget(PodDisruptionBudget budget, string why, string fix) =>
        new("budget-blocks", false, Workload.TitleOf("PodDisruptionBudget", budget.Metadata.Namespace, budget.Metadata.Name), why, fix);

    /// <summary>The containers whose ports Services send to; all where nobody names one of those.</summary>
    private static List<PodContainer> Serving(Workload workload, IReadOnlyList<Service> services)
    {
        var ports = HookCommand.Ports(workload.Pod, services);
        var all = PodContainer.Lasting(workload.Pod).ToList();
        var serving = all.Where(container => container.Content.Items("ports").Any(port => ports.Contains((int)(port.Number("containerPort") ?? 0)))).ToList();
        return serving.Count > 0 ? serving : all;
    }

    /// <summary>Images of which it is known that they hold the app and no more; their debugging kin have a shell.</summary>
    private static bool HasNoShell(string image) =>
        (image.Contains("distroless", StringComparison.Ordinal) && !image.Contains("debug", StringComparison.Ordinal))
        || (image.StartsWith("cgr.dev/chainguard/", StringComparison.Ordinal) && !image.EndsWith("-dev", StringComparison.Ordinal));

    private static IEnumerable<(int Port, TimeSpan Period)> Probes(Workload workload) =>
        from container in PodContainer.Lasting(workload.Pod)
        from name in (string[])["readinessProbe", "livenessProbe"]
        let probe = container.Content.At(name)
        where probe is not null
        from action in (string[])["httpGet", "tcpSocket", "grpc"]
        let port = probe.Value.Number(action, "port") ?? NamedPort(container, probe.Value.Text(action, "port"))
        where port is not null
        select ((int)port.Value, TimeSpan.FromSeconds(probe.Value.Number("periodSeconds") ?? 10));

    private static long? NamedPort(PodContainer container, string? name) =>
        name is null ? null : container.Content.Items("ports").Where(port => port.Text("name") == name).Select(port => port.Number("containerPort")).FirstOrDefault();

    private static string Subject(Workload workload, PodContainer container) => $"{workload.Title}, container {container.Content.Text("name")}";

    private static string Text(TimeSpan length) => Duration.FromTimeSpan(length).ToString();
}
