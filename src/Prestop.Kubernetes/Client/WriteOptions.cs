using System.Text.Json;
using System.Text.Json.Nodes;
using Prestop.Kubernetes.Json;

namespace Prestop.Kubernetes.Client;

/// <summary>How an object is created or changed.</summary>
public sealed record WriteOptions
{
    /// <summary>True when everything is checked, admission webhooks included, and nothing is kept.</summary>
    public bool DryRun { get; init; }

    /// <summary>Who the fields belong to from then on (<c>metadata.managedFields</c>); null: the server takes it from the <c>User-Agent</c>.</summary>
    public string? FieldManager { get; init; }

    internal string Query(string more)
    {
        string[] parameters =
        [
            DryRun ? "dryRun=All" : "",
            FieldManager is null ? "" : $"fieldManager={Uri.EscapeDataString(FieldManager)}",
            more,
        ];
        var query = string.Join('&', parameters.Where(parameter => parameter.Length > 0));
        return query.Length == 0 ? "" : $"?{query}";
    }
}

/// <summary>What becomes of the objects that a deleted one owns.</summary>
public enum Propagation
{
    /// <summary>As the kind has it.</summary>
    Default,

    /// <summary>The owner goes at once, what it owns afterwards.</summary>
    Background,

    /// <summary>The owner goes when all that it owns is gone.</summary>
    Foreground,

    /// <summary>They stay, without an owner.</summary>
    Orphan,
}

/// <summary>Which object is deleted exactly, and how (<c>meta/v1 DeleteOptions</c>).</summary>
public sealed record DeleteOptions
{
    /// <summary>Only the object with this uid, not a later one of the same name; null for any.</summary>
    public string? Uid { get; init; }

    /// <summary>Only the object in this version; null for any.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>How long the pod may take to end, in seconds; null for its own grace period; 0 removes it at once.</summary>
    public int? GracePeriodSeconds { get; init; }

    /// <summary>What becomes of the objects that it owns.</summary>
    public Propagation Propagation { get; init; }

    /// <summary>True when everything is checked, admission webhooks included, and nothing is deleted.</summary>
    public bool DryRun { get; init; }

    /// <summary>Reads options as the API server takes them: a negative grace period is 1 s; what is not known is as if it were not there.</summary>
    /// <param name="options">The options.</param>
    /// <exception cref="JsonException">They cannot be read.</exception>
    public static DeleteOptions Read(JsonElement options) => new()
    {
        Uid = options.Text("preconditions", "uid"),
        ResourceVersion = options.Text("preconditions", "resourceVersion"),
        GracePeriodSeconds = options.Number("gracePeriodSeconds") is { } seconds ? (int)Math.Min(seconds < 0 ? 1 : seconds, int.MaxValue) : null,
        Propagation = options.Text("propagationPolicy") switch
        {
            "Background" => Propagation.Background,
            "Foreground" => Propagation.Foreground,
            "Orphan" => Propagation.Orphan,
            _ => Propagation.Default,
        },
        DryRun = options.Items("dryRun").Any(),
    };

    /// <summary>The options as they are sent.</summary>
    public JsonObject ToBody()
    {
        var body = new JsonObject { ["kind"] = "DeleteOptions", ["apiVersion"] = "v1" };
        var preconditions = new JsonObject();
        AddTo(preconditions, "uid", Uid);
        AddTo(preconditions, "resourceVersion", ResourceVersion);
        if (preconditions.Count > 0)
        {
            body["preconditions"] = preconditions;
        }

        if (GracePeriodSeconds is { } seconds)
        {
            body["gracePeriodSeconds"] = seconds;
        }

        AddTo(body, "propagationPolicy", Propagation is Propagation.Default ? null : Propagation.ToString());
        if (DryRun)
        {
            body["dryRun"] = new JsonArray("All");
        }

        return body;
    }

    private static void AddTo(JsonObject target, string name, string? value)
    {
        if (value is not null)
        {
            target[name] = value;
        }
    }
}

/// <summary>The API server has accepted a delete or an eviction.</summary>
/// <param name="Code">The HTTP status: 200, 201, or 202 when it is still at work.</param>
public sealed record Accepted(int Code);
