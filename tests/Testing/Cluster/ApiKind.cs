namespace Prestop.Testing.Cluster;

/// <summary>A kind of object that the API server keeps.</summary>
/// <param name="group">Its API group; empty for the core.</param>
/// <param name="version">The version that is served.</param>
/// <param name="plural">Its name in paths.</param>
/// <param name="kind">Its name in objects.</param>
/// <param name="isNamespaced">Whether its objects are in namespaces.</param>
internal sealed class ApiKind(string group, string version, string plural, string kind, bool isNamespaced = true)
{
    public static readonly ApiKind Pod = new("", "v1", "pods", "Pod") { Subresources = ["status", "eviction"], HasSpec = true };
    public static readonly ApiKind Namespace = new("", "v1", "namespaces", "Namespace", isNamespaced: false) { Subresources = ["status"] };
    public static readonly ApiKind Node = new("", "v1", "nodes", "Node", isNamespaced: false) { Subresources = ["status"] };
    public static readonly ApiKind Service = new("", "v1", "services", "Service") { Subresources = ["status"] };
    public static readonly ApiKind Secret = new("", "v1", "secrets", "Secret");
    public static readonly ApiKind ConfigMap = new("", "v1", "configmaps", "ConfigMap");
    public static readonly ApiKind Event = new("events.k8s.io", "v1", "events", "Event");
    public static readonly ApiKind Deployment = new("apps", "v1", "deployments", "Deployment") { Subresources = ["status", "scale"], HasSpec = true };
    public static readonly ApiKind ReplicaSet = new("apps", "v1", "replicasets", "ReplicaSet") { Subresources = ["status", "scale"], HasSpec = true };
    public static readonly ApiKind StatefulSet = new("apps", "v1", "statefulsets", "StatefulSet") { Subresources = ["status", "scale"], HasSpec = true };
    public static readonly ApiKind DaemonSet = new("apps", "v1", "daemonsets", "DaemonSet") { Subresources = ["status"], HasSpec = true };
    public static readonly ApiKind Job = new("batch", "v1", "jobs", "Job") { Subresources = ["status"], HasSpec = true };
    public static readonly ApiKind Budget = new("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget") { Subresources = ["status"], HasSpec = true };
    public static readonly ApiKind EndpointSlice = new("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice") { HasSpec = true };
    public static readonly ApiKind Ingress = new("networking.k8s.io", "v1", "ingresses", "Ingress") { Subresources = ["status"], HasSpec = true };
    public static readonly ApiKind Lease = new("coordination.k8s.io", "v1", "leases", "Lease");

    public static readonly ApiKind MutatingWebhooks =
        new("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", isNamespaced: false) { HasSpec = true };

    public static readonly ApiKind ValidatingWebhooks =
        new("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", isNamespaced: false) { HasSpec = true };

    /// <summary>A kind of the AWS Load Balancer Controller, which is not served before a test installs it.</summary>
    public static readonly ApiKind TargetGroupBinding = new("elbv2.k8s.aws", "v1beta1", "targetgroupbindings", "TargetGroupBinding") { Subresources = ["status"], HasSpec = true };

    /// <summary>A kind of the Gateway API, which is not served before a test installs it.</summary>
    public static readonly ApiKind HttpRoute = new("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute") { Subresources = ["status"], HasSpec = true };

    /// <summary>What is served from the start.</summary>
    public static readonly ApiKind[] BuiltIn =
    [
        Pod, Namespace, Node, Service, Secret, ConfigMap, Event, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, Budget, EndpointSlice, Ingress, Lease,
        MutatingWebhooks, ValidatingWebhooks,
    ];

    public string Group => group;

    public string Version => version;

    public string Plural => plural;

    public string Kind => kind;

    public bool IsNamespaced => isNamespaced;

    /// <summary>The names that paths may end with after an object's own.</summary>
    public string[] Subresources { get; private init; } = [];

    /// <summary>Whether its objects count their changes in <c>metadata.generation</c>.</summary>
    public bool HasSpec { get; private init; }

    /// <summary>As it stands in <c>apiVersion</c>.</summary>
    public string ApiVersion => group.Length == 0 ? version : $"{group}/{version}";

    /// <summary>As it stands in messages: <c>leases.coordination.k8s.io</c>.</summary>
    public string FullName => group.Length == 0 ? plural : $"{plural}.{group}";

    /// <summary>As it stands in messages about what is wrong with an object: <c>Deployment.apps</c>. An Event is one of the core's there.</summary>
    public string FullKind => group.Length == 0 || kind == "Event" ? kind : $"{kind}.{group}";

    /// <summary>What its paths begin with.</summary>
    public string Root => group.Length == 0 ? $"/api/{version}" : $"/apis/{group}/{version}";

    /// <summary>An object's path.</summary>
    public string Path(string @namespace, string? name = null) =>
        $"{Root}/{(isNamespaced && @namespace.Length > 0 ? $"namespaces/{@namespace}/" : "")}{plural}{(name is null ? "" : $"/{name}")}";
}
