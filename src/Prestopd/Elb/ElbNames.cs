using Prestop.Core.Options;
using Prestopd.Hosting;

namespace Prestopd.Elb;

/// <summary>Every name of <c>prestopd elb</c> that somebody outside relies on: options and their variables, parameters, routes, metrics.</summary>
internal static class ElbNames
{
    // Without it, the variables would be too common for a shell (SERVICE, NAMESPACE).
    private const string Prefix = "PRESTOPD_";

    public static readonly OptionSpec MaxDelayCap = new("--max-delay-cap", "D", "15m", "the most that a caller's max-delay counts for");
    public static readonly OptionSpec MaxWaits = new("--max-waits", "N", "5000", "waits at a time, counted apart for loopback and for all others; more get 503");
    public static readonly OptionSpec Notice = new("--notice", "D", "5s",
        "after SIGTERM: how long it goes on listening, until nobody connects any more");

    public static readonly OptionSpec Shutdown = new("--shutdown", "D", "290s",
        "after SIGTERM: waits that are held longer get 503; below this pod's grace period");

    /// <summary>The options of the service, in the order of help and README.</summary>
    public static IReadOnlyList<OptionSpec> ServiceOptions { get; } =
        [ServerOptions.Port, MaxDelayCap, MaxWaits, Notice, Shutdown, .. AwsChoice.Options, ClusterChoice.Kubeconfig, ServerOptions.LogFormat];

    /// <summary>The options of <c>prestopd elb wait</c>.</summary>
    public static IReadOnlyList<OptionSpec> WaitOptions { get; } =
        [.. Parameters.All, .. AwsChoice.Options, ClusterChoice.Kubeconfig, ServerOptions.LogFormat];

    /// <summary>What a wait is told. In a query each has the name of its option, without the dashes.</summary>
    public static class Parameters
    {
        public static readonly OptionSpec Ip = new("--ip", "ADDRESS", "required", "the pod's address (status.podIP)", Prefix);
        public static readonly OptionSpec Namespace = new("--namespace", "NAME", "required",
            "the namespace of the pod and the object; beside a target-group it need not be there", Prefix);

        public static readonly OptionSpec Ingress = new("--ingress", "NAME", "none", "wait on all load balancers of this Ingress", Prefix);
        public static readonly OptionSpec Service = new("--service", "NAME", "none", "wait on those of this Service of type LoadBalancer", Prefix);
        public static readonly OptionSpec Gateway = new("--gateway", "NAME", "none", "wait on those of this Gateway", Prefix);
        public static readonly OptionSpec TargetGroupBinding = new("--targetgroupbinding", "NAME", "none", "wait on the target group of this TargetGroupBinding", Prefix);
        public static readonly OptionSpec TargetGroup = new("--target-group", "ARN", "none", "wait on this target group, by ARN or name", Prefix);
        public static readonly OptionSpec MaxDelay = new("--max-delay", "D", "60s", "give up after this: seconds, or a duration", Prefix);

        /// <summary>All of them, in the order of help and README.</summary>
        public static IReadOnlyList<OptionSpec> All { get; } =
            [Ip, Namespace, Ingress, Service, Gateway, TargetGroupBinding, TargetGroup, MaxDelay, AwsChoice.Settle];

        /// <summary>Those of which a wait has exactly one.</summary>
        public static IReadOnlyList<OptionSpec> Sources { get; } = [Ingress, Service, Gateway, TargetGroupBinding, TargetGroup];

        /// <summary>Names that the original's README has, and what is meant by them.</summary>
        public static IReadOnlyDictionary<string, OptionSpec> Misspelt { get; } =
            new Dictionary<string, OptionSpec> { ["max-wait"] = MaxDelay, ["namespaace"] = Namespace };

        /// <summary>The name that a parameter has in a query.</summary>
        /// <param name="parameter">One of <see cref="All"/>.</param>
        public static string InQuery(OptionSpec parameter) => parameter.Name.TrimStart('-');
    }

    /// <summary>The paths; every other one is 404.</summary>
    public static class Routes
    {
        public const string DrainDelay = "/drain-delay";
        public const string Health = "/health";
        public const string Ready = "/ready";
        public const string Metrics = "/metrics";
    }

    /// <summary>Prometheus metric families.</summary>
    public static class Metrics
    {
        public const string Waits = "prestopd_elb_waits_total";
        public const string WaitSeconds = "prestopd_elb_wait_seconds_total";
        public const string WaitsNow = "prestopd_elb_waits";
        public const string AwsCalls = "prestopd_elb_aws_calls_total";
        public const string ListAge = "prestopd_elb_list_age_seconds";
        public const string TargetGroups = "prestopd_elb_target_groups";
    }
}
