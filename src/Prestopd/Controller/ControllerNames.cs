using Prestop.Core.Options;

namespace Prestopd.Controller;

/// <summary>Every name of the controller that somebody outside relies on: options with their variables, annotations, labels.</summary>
internal static class ControllerNames
{
    /// <summary>What <c>prestopd controller audit</c> takes.</summary>
    public static class Audit
    {
        private const string Prefix = "PRESTOPD_";

        /// <summary>What is looked at.</summary>
        public static readonly OptionSpec File = new("--file", "FILE", "required", "manifests to look at, YAML or JSON, - for standard input; repeatable", Prefix)
        {
            ShortName = "-f",
            IsRepeatable = true,
        };

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

        /// <summary>The pod's owner, which lets go of it when the labels change: <c>ReplicaSet/web-5d8c/UID</c>.</summary>
        public const string Owner = "prestop/owner";

        /// <summary>When a surge was given up, because the budget refused all the same (RFC 3339).</summary>
        public const string SurgeFailed = "prestop/surge-failed";

        /// <summary>All of them but <see cref="SurgeFailed"/>, which outlives the drain.</summary>
        public static readonly string[] OfDrain = [Labels, DrainUntil, SurgeUntil, AskedBy, DeleteOptions, Owner];
    }

    /// <summary>On a pod that hooks were added to: its author's grace period in seconds, to which the drain was added.</summary>
    public const string GraceBefore = "prestop/grace-before";

    /// <summary>On an object whose controller was made to look at it: when (RFC 3339).</summary>
    public const string Woken = "prestop/woken";
}
