using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster;

/// <summary>Who asks.</summary>
/// <param name="Name">As RBAC and webhooks know it.</param>
/// <param name="Groups">The groups.</param>
internal sealed record ApiUser(string Name, params string[] Groups)
{
    /// <summary>A person who may do everything.</summary>
    public static ApiUser Admin { get; } = new("admin", "system:masters", "system:authenticated");

    /// <summary>The scheduler.</summary>
    public static ApiUser Scheduler { get; } = new("system:kube-scheduler", "system:authenticated");

    /// <summary>What it may do, as the rules of its roles; null: everything.</summary>
    public IReadOnlyList<Grant>? Grants { get; init; }

    /// <summary>A service account.</summary>
    public static ApiUser ServiceAccount(string @namespace, string name) =>
        new($"system:serviceaccount:{@namespace}:{name}", "system:serviceaccounts", $"system:serviceaccounts:{@namespace}", "system:authenticated");

    /// <summary>One of the controllers of kube-controller-manager: <c>replicaset-controller</c>.</summary>
    public static ApiUser Controller(string name) => ServiceAccount("kube-system", name);

    /// <summary>A node's kubelet.</summary>
    public static ApiUser Kubelet(string node) => new($"system:node:{node}", "system:nodes", "system:authenticated");

    /// <summary>Whether it may.</summary>
    public bool May(string verb, ApiKind kind, string subresource, string @namespace, string? name)
    {
        var resource = subresource.Length == 0 ? kind.Plural : $"{kind.Plural}/{subresource}";
        return Grants is null || Grants.Any(grant => (grant.Namespace is null || grant.Namespace == @namespace) && grant.Rules.Items().Any(rule =>
            Has(rule, "apiGroups", kind.Group) && Has(rule, "resources", resource) && Has(rule, "verbs", verb)
            && (rule.At("resourceNames") is null || (name is not null && Has(rule, "resourceNames", name)))));
    }

    private static bool Has(JsonNode rule, string field, string value) => rule.Items(field).Any(item => item.Text() == value || item.Text() == "*");
}

/// <summary>A role that somebody has.</summary>
/// <param name="Namespace">Where; null: everywhere.</param>
/// <param name="Rules">The role's <c>rules</c>.</param>
internal sealed record Grant(string? Namespace, JsonArray Rules);
