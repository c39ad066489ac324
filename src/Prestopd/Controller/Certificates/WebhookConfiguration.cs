using System.Text.Json;
using Prestop.Kubernetes.Json;
using Prestop.Kubernetes.Objects;

namespace Prestopd.Controller.Certificates;

/// <summary>A mutating or a validating webhook configuration, as far as it says whom the API server trusts.</summary>
internal sealed class WebhookConfiguration : IApiObject
{
    private const string Group = "admissionregistration.k8s.io";

    /// <summary>Those of mutating webhooks.</summary>
    public static readonly Resource<WebhookConfiguration> Mutating = new(Group, "v1", "mutatingwebhookconfigurations", Read);

    /// <summary>Those of validating webhooks.</summary>
    public static readonly Resource<WebhookConfiguration> Validating = new(Group, "v1", "validatingwebhookconfigurations", Read);

    /// <inheritdoc/>
    public required ObjectMeta Metadata { get; init; }

    /// <summary>Its webhooks in their order: the name, and the bundle in base64, empty for none.</summary>
    public required IReadOnlyList<(string Name, string Bundle)> Webhooks { get; init; }

    private static WebhookConfiguration Read(ref Utf8JsonReader json)
    {
        var (metadata, webhooks) = WholeObject.Read(
            ref json, root => root.Items("webhooks").Select(webhook => (webhook.Text("name") ?? "", webhook.Text("clientConfig", "caBundle") ?? "")).ToArray());
        return new WebhookConfiguration { Metadata = metadata, Webhooks = webhooks };
    }
}
