using Prestop.Core.Options;
using Prestopd.Hosting;

namespace Prestopd.Controller;

/// <summary>Every name of the controller that somebody outside relies on: options with their variables, routes, metrics, annotations, labels.</summary>
internal static class ControllerNames
{
    // Without it, the variables would be too common for a pod (MODE, IMAGE, SERVICE).
    private const string Prefix = "PRESTOPD_";

    /// <summary>What <c>prestopd controller</c> takes.</summary>
    public static class Server
    {
        public static readonly OptionSpec Port = new("--port", "N", "8443", "TCP port to listen on, on all addresses; it speaks https only");
        public static readonly OptionSpec Mode = new("--mode", "inject|intercept|off", "inject", "how pods are made to drain, where neither they nor their namespace say", Prefix);
        public static readonly OptionSpec Drain = new("--drain", "D", "30s", "how long a drain may take, where neither pod nor namespace say", Prefix);
        public static readonly OptionSpec Delivery = new("--delivery", "image-volume|init-container|native-sleep", "image-volume",
            "how an injected hook gets its program: from an image volume (Kubernetes 1.35), an init container, or not at all", Prefix);

        public static readonly OptionSpec Image = new("--image", "REF", "required", "image that holds the hook's program as /bin/prestop; not needed for native-sleep", Prefix);
        public static readonly OptionSpec PullPolicy = new("--pull-policy", "POLICY", "none", "when that image is pulled: Always, IfNotPresent or Never", Prefix);
        public static readonly OptionSpec SurgeTimeout = new("--surge-timeout", "D", "2m",
            "how long a replacement is waited for before a Deployment's pod leaves its Services; 0 for no replacement first", Prefix);

        public static readonly OptionSpec Expose = new("--expose", "service|load-balancer", "service",
            "which pods intercept drains: all that Services select, or those whose Services load balancers send to", Prefix);

        public static readonly OptionSpec Elb = new("--elb", null, "", "a drain of intercept ends as soon as AWS load balancers have let go of the pod", Prefix);
        public static readonly OptionSpec Namespace = new("--namespace", "NAME", "POD_NAMESPACE, the token's", "namespace of the controller", Prefix);
        public static readonly OptionSpec Service = new("--service", "NAME", "prestop-controller", "Service by which the API server reaches it", Prefix);
        public static readonly OptionSpec ServiceAccount = new("--service-account", "NAME", "the token's", "its own service account, whose deletes are let through", Prefix);
        public static readonly OptionSpec Secret = new("--secret", "NAME", "prestop-controller-tls", "Secret in which it keeps its certificate; made where it is not there", Prefix);
        public static readonly OptionSpec WebhookConfiguration = new("--webhook-configuration", "NAME", "prestop",
            "the mutating and the validating webhook configuration, whose caBundle it keeps up to date", Prefix);

        public static readonly OptionSpec TlsDir = new("--tls-dir", "DIR", "none",
            "folder with tls.crt and tls.key that somebody else renews, such as cert-manager; no Secret and no caBundle is touched then", Prefix);

        public static readonly OptionSpec Notice = new("--notice", "D", "5s", "after SIGTERM: how long it goes on answering, until the API server asks others");

        /// <summary>All of them, in the order of help and README.</summary>
        public static IReadOnlyList<OptionSpec> Options { get; } =
        [
            Port, Mode, Drain, SurgeTimeout, Expose, Delivery, Image, PullPolicy, Namespace, Service, ServiceAccount, Secret, WebhookConfiguration, TlsDir, Notice,
            Elb, AwsChoice.Settle, .. AwsChoice.Options, ClusterChoice.Kubeconfig, ServerOptions.LogFormat,
        ];
    }

    /// <summary>The paths of the server; every other one is 404.</summary>
    public static class Routes
    {
        /// <summary>Asked about the creation of pods, by a mutating webhook.</summary>
        public const string Mutate = "/mutate/pods";

        /// <summary>Asked about deletes of pods and the creation of pods/eviction, by validating webhooks.</summary>
        public const string Validate = "/validate/pods";

        public const string Health = "/healthz";
        public const string Ready = "/readyz";
        public const string Metrics = "/metrics";
    }

    /// <summary>Prometheus metric families.</summary>
    public static class Metrics
    {
        public const string Injections = "prestopd_controller_injections_total";
        public const string Rulings = "prestopd_controller_rulings_total";
        public const string Draining = "prestopd_controller_draining";
        public const string Drains = "prestopd_controller_drains_total";
        public const string DrainSeconds = "prestopd_controller_drain_seconds_total";
        public const string SleepSeconds = "prestopd_controller_sleep_seconds_total";
        public const string ApiErrors = "prestopd_controller_api_errors_total";
        public const string EventsDropped = "prestopd_controller_events_dropped_total";
        public const string AwsCalls = "prestopd_controller_aws_calls_total";
        public const string CertificateSeconds = "prestopd_controller_certificate_seconds";
        public const string WebhookVerified = "prestopd_controller_webhook_verified";
    }

    /// <summary>What <c>prestopd controller audit</c> takes.</summary>
    public static class Audit
    {
        /// <summary>What is looked at in place of a cluster.</summary>
        public static readonly OptionSpec File = new("--file", "FILE", "the cluster", "manifests to look at, YAML or JSON, - for standard input; repeatable", Prefix)
        {
            ShortName = "-f",
            IsRepeatable = true,
        };

        /// <summary>The context of the kubeconfig.</summary>
        public static readonly OptionSpec Context = new("--context", "NAME", "the current one", "context of the kubeconfig", Prefix);

        /// <summary>The namespace that is looked at.</summary>
        public static readonly OptionSpec Namespace = new("--namespace", "NAME", "the context's, or the pod's", "namespace to look at", Prefix) { ShortName = "-n" };

        /// <summary>Whether all namespaces are looked at.</summary>
        public static readonly OptionSpec AllNamespaces = new("--all-namespaces", null, "", "look at all namespaces", Prefix) { ShortName = "-A" };

        /// <summary>What a controller that runs in the cluster does by itself.</summary>
        public static readonly OptionSpec Mode = new("--mode", "inject|intercept|off", "off",
            "what prestopd controller does there for pods and namespaces that say nothing; off where it does not run", Prefix);

        /// <summary>The form of what is found.</summary>
        public static readonly OptionSpec Output = new("--output", "text|json", "text", "form of what is found", Prefix) { ShortName = "-o" };
    }

    /// <summary>What pods and namespaces are told with annotations of these names. A pod's own counts before its namespace's.</summary>
    public static class Wishes
    {
        /// <summary><c>inject</c>, <c>intercept</c> or <c>off</c>.</summary>
        public const string Mode = "prestop/mode";

        /// <summary>How long a drain may take: <c>45s</c>.</summary>
        public const string Drain = "prestop/drain";

        /// <summary><c>on</c> or <c>off</c>: whether a replacement is made before a pod of a Deployment leaves its Services.</summary>
        public const string Surge = "prestop/surge";

        /// <summary><c>true</c> on a pod: its drain is called off, and it gets its labels back.</summary>
        public const string Cancel = "prestop/cancel";
    }

    /// <summary>The label of a pod that drains; its value is <c>true</c>.</summary>
    public const string Draining = "prestop/draining";

    /// <summary>What is kept on a pod that drains: a restart of the controller forgets nothing.</summary>
    public static class State
    {
        /// <summary>The labels that were taken off, as a JSON object.</summary>
        public const string Labels = "prestop/labels";

        /// <summary>When the drain ends at the latest (RFC 3339).</summary>
        public const string DrainUntil = "prestop/drain-until";

        /// <summary>Until when a replacement is waited for, while the Services still send traffic (RFC 3339).</summary>
        public const string SurgeUntil = "prestop/surge-until";

        /// <summary>What began the drain: <c>delete</c>, <c>eviction</c> or <c>controller</c>.</summary>
        public const string AskedBy = "prestop/asked-by";

        /// <summary>How it was to be deleted, as DeleteOptions.</summary>
        public const string DeleteOptions = "prestop/delete-options";

        /// <summary>The pod's owner, which lets go of it when the labels change: <c>ReplicaSet/web-5d8c/UID</c>. Stays when the drain is called off.</summary>
        public const string Owner = "prestop/owner";

        /// <summary>When a surge was given up, because the budget refused all the same (RFC 3339).</summary>
        public const string SurgeFailed = "prestop/surge-failed";

        /// <summary><c>true</c> where <see cref="ControllerNames.SafeToEvict"/> was set for the drain.</summary>
        public const string MadeEvictable = "prestop/made-evictable";

        /// <summary>All of them but <see cref="SurgeFailed"/>, which outlives the drain.</summary>
        public static readonly string[] OfDrain = [Labels, DrainUntil, SurgeUntil, AskedBy, DeleteOptions, Owner, MadeEvictable];
    }

    /// <summary>
    /// <c>true</c> on a pod that drains, where its author has not said otherwise: the cluster autoscaler keeps a node on which a pod without an owner runs (its FAQ, "What types of
    /// pods can prevent CA from removing a node?"), and a pod that drains has lost its owner. Who evicts it is held off until it has drained.
    /// </summary>
    public const string SafeToEvict = "cluster-autoscaler.kubernetes.io/safe-to-evict";

    /// <summary>On a pod that hooks were added to: its author's grace period in seconds, to which the drain was added.</summary>
    public const string GraceBefore = "prestop/grace-before";

    /// <summary>
    /// How the pods are called whose eviction is tried to verify the webhooks, before <c>mutating</c> and <c>validating</c>. There are none of these names: the right to evict them, and
    /// the webhooks of these calls, name them.
    /// </summary>
    public const string VerifiedPod = "prestop-verify-";

    /// <summary>On an object whose controller was made to look at it: when (RFC 3339).</summary>
    public const string Woken = "prestop/woken";
}
