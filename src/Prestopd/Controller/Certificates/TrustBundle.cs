using System.Globalization;
using System.Text;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;

namespace Prestopd.Controller.Certificates;

/// <summary>Whom the API server trusts when it calls the webhooks: the <c>caBundle</c> of each webhook in two configurations of the same name.</summary>
/// <param name="api">The client.</param>
/// <param name="name">The configurations' name.</param>
internal sealed class TrustBundle(ApiClient api, string name)
{
    /// <summary>Sets it where it is another one.</summary>
    /// <param name="authorities">PEM: the authorities.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>Whether it was so already, everywhere, and why it cannot be set; empty when it is so now.</returns>
    public async Task<(bool WasTrusted, string Problem)> SetAsync(string authorities, CancellationToken cancellation)
    {
        var bundle = Convert.ToBase64String(Encoding.UTF8.GetBytes(authorities));
        var wasTrusted = true;
        foreach (var resource in (Resource<WebhookConfiguration>[])[WebhookConfiguration.Mutating, WebhookConfiguration.Validating])
        {
            var found = await api.GetAsync(resource, null, name, cancellation);
            if (!found.Succeeded)
            {
                return (false, found.Error.Message);
            }

            if (PatchFor(found.Value, bundle) is { } patch)
            {
                wasTrusted = false;
                if ((await api.PatchAsync(resource, null, name, Patch.Json(patch), new WriteOptions(), cancellation)).Error is { } error)
                {
                    return (false, error.Message);
                }
            }
        }

        return (wasTrusted, "");
    }

    private static JsonPatch? PatchFor(WebhookConfiguration configuration, string bundle)
    {
        var patch = new JsonPatch();
        var isOther = false;
        foreach (var (index, webhook) in configuration.Webhooks.Index())
        {
            if (webhook.Bundle != bundle)
            {
                var place = index.ToString(CultureInfo.InvariantCulture);
                patch.Test(JsonPatch.Path("webhooks", place, "name"), webhook.Name).Add(JsonPatch.Path("webhooks", place, "clientConfig", "caBundle"), bundle);
                isOther = true;
            }
        }

        return isOther ? patch : null;
    }
}
