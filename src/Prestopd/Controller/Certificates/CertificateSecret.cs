using System.Text;
using System.Text.Json.Nodes;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;

namespace Prestopd.Controller.Certificates;

/// <summary>
/// A certificate of the controller's own in a Secret that all replicas share. Whoever finds none, or one that is due, makes one; of several who do so at once the API server takes
/// one, and the others read that.
/// </summary>
/// <param name="api">The client.</param>
/// <param name="namespace">The Secret's namespace.</param>
/// <param name="name">The Secret's name.</param>
/// <param name="service">The Service by which the API server reaches the controller.</param>
/// <param name="trust">The API server's trust.</param>
/// <param name="time">The clock.</param>
internal sealed class CertificateSecret(ApiClient api, string @namespace, string name, string service, TrustBundle trust, TimeProvider time) : ICertificateSource
{
    private const string Chain = "tls.crt";
    private const string Key = "tls.key";
    private const string Authorities = "ca.crt";
    private const int MostAttempts = 5;

    /// <inheritdoc/>
    public string Host => $"{service}.{@namespace}.svc";

    /// <inheritdoc/>
    public async Task<(ServingMaterial? Material, string Problem)> FindAsync(CancellationToken cancellation)
    {
        var problem = "";
        for (var attempt = 0; attempt < MostAttempts; attempt++)
        {
            var found = await api.GetAsync(Secret.Resource, @namespace, name, cancellation);
            if (!found.Succeeded && found.Error.Fault is not ApiFault.NotFound)
            {
                return (null, found.Error.Message);
            }

            var now = time.GetUtcNow();
            var there = found.Value is { } secret ? Read(secret) : null;
            var opened = there?.Open(Host, now, out _);
            if (opened?.IsDue(now) is false)
            {
                return (there, "");
            }

            var made = ServingMaterial.Make(Host, opened is null ? null : there, now);
            var written = await WriteAsync(found.Value, made, cancellation);
            if (written.Succeeded)
            {
                return (made, "");
            }

            problem = written.Error.Message;
            if (written.Error.Fault is not (ApiFault.Conflict or ApiFault.NotFound))
            {
                // One that is due still serves for a third of its time.
                return (opened is null ? null : there, problem);
            }
        }

        return (null, problem);
    }

    /// <inheritdoc/>
    public Task<(bool WasTrusted, string Problem)> TrustAsync(ServingMaterial material, CancellationToken cancellation) => trust.SetAsync(material.Authorities, cancellation);

    private static ServingMaterial? Read(Secret secret) =>
        secret.Data.TryGetValue(Chain, out var chain) && secret.Data.TryGetValue(Key, out var key) && secret.Data.TryGetValue(Authorities, out var authorities)
            ? new ServingMaterial(Encoding.UTF8.GetString(chain), Encoding.UTF8.GetString(key), Encoding.UTF8.GetString(authorities))
            : null;

    private Task<ApiResult<Secret>> WriteAsync(Secret? secret, ServingMaterial made, CancellationToken cancellation)
    {
        var body = new JsonObject
        {
            ["data"] = new JsonObject { [Chain] = Base64(made.Chain), [Key] = Base64(made.Key), [Authorities] = Base64(made.Authorities) },
        };
        if (secret is not null)
        {
            body["metadata"] = new JsonObject { ["uid"] = secret.Metadata.Uid, ["resourceVersion"] = secret.Metadata.ResourceVersion };
            return api.PatchAsync(Secret.Resource, @namespace, name, Patch.Merge(body), new WriteOptions(), cancellation);
        }

        (body["apiVersion"], body["kind"], body["type"]) = ("v1", "Secret", "kubernetes.io/tls");
        body["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = @namespace };
        return api.CreateAsync(Secret.Resource, @namespace, body, new WriteOptions(), cancellation);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
