using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster;

/// <summary>Writes objects: checks, webhooks, versions, in the API server's order.</summary>
/// <param name="store">Where they are kept.</param>
/// <param name="admission">The webhooks.</param>
/// <param name="time">The clock.</param>
internal sealed partial class ApiVerbs(ObjectStore store, Admission admission, TimeProvider time)
{
    private const string Letters = "bcdfghjklmnpqrstvwxz2456789";

    private int _made;

    /// <summary>Creates an object.</summary>
    /// <exception cref="Refusal">It is not created.</exception>
    public async Task<JsonObject> CreateAsync(ApiRequester requester, ApiTarget target, JsonObject body, CancellationToken cancellation)
    {
        var (kind, @namespace) = (target.Kind, target.Namespace);
        if (kind.IsNamespaced)
        {
            var home = store.Find(ApiKind.Namespace, "", @namespace) ?? throw Refusal.NotFound(ApiKind.Namespace, @namespace);
            if (home.IsTerminating())
            {
                throw new Refusal(403, "Forbidden", $"{kind.FullName} \"{body.Name()}\" is forbidden: unable to create new content in namespace {@namespace} because it is being terminated");
            }
        }

        var subject = body.With(copy =>
        {
            (copy["kind"], copy["apiVersion"]) = (kind.Kind, kind.ApiVersion);
            if (kind.IsNamespaced)
            {
                copy.Child("metadata")["namespace"] = @namespace;
            }

            copy.Child("metadata").Remove("resourceVersion");
            copy.Child("metadata").Remove("uid");
            copy.Child("metadata").Remove("creationTimestamp");
            KindRules.Default(kind, copy);
        });

        // A generated name is made after the mutating webhooks, which see neither it nor a uid.
        var question = Question("CREATE", requester, target with { Name = subject.Name() }, "CreateOptions") with { Subject = subject };
        subject = (await admission.MutateAsync(question, cancellation))!.With(copy => Identify(kind, copy));
        KindRules.Check(kind, subject);
        await admission.ValidateAsync(question with { Subject = subject, Name = subject.Name() }, cancellation);
        return requester.IsDryRun ? subject
            : store.Replace(kind, before: null, subject) ? subject
            : throw Refusal.AlreadyExists(kind, subject.Name());
    }

    /// <summary>
    /// Changes an object to what <paramref name="change"/> makes of it, which is called again when it has changed meanwhile. A resourceVersion that is left in it has
    /// to be the current one.
    /// </summary>
    /// <exception cref="Refusal">It is not changed.</exception>
    public async Task<JsonObject> ChangeAsync(ApiRequester requester, ApiTarget target, Func<JsonObject, JsonObject> change, CancellationToken cancellation)
    {
        var (kind, name) = (target.Kind, target.Name!);
        while (true)
        {
            var before = store.Find(kind, target.Namespace, name) ?? throw Refusal.NotFound(kind, name);
            var after = change(before);
            if (after.Version() is { Length: > 0 } version && version != before.Version())
            {
                throw Refusal.Modified(kind, name);
            }

            after["metadata"]!["resourceVersion"] = before.Version();
            KindRules.Update(kind, before, after, target.Subresource);
            KindRules.Check(kind, after);
            var question = Question("UPDATE", requester, target, "UpdateOptions") with { Old = before, Subject = after };
            after = (await admission.AskAsync(question, cancellation))!.DeepClone().AsObject();
            if (requester.IsDryRun || JsonNode.DeepEquals(before, after))
            {
                return after;
            }

            var isGone = after.IsTerminating() && !after.Items("metadata", "finalizers").Any() && (after.Number("metadata", "deletionGracePeriodSeconds") ?? 0) == 0
                && kind != ApiKind.Namespace;
            if (store.Replace(kind, before, isGone ? null : after))
            {
                return after;
            }
        }
    }

    /// <summary>Keeps an object that was always there.</summary>
    public JsonObject Put(ApiKind kind, JsonObject body)
    {
        var subject = body.With(copy =>
        {
            copy["apiVersion"] = kind.ApiVersion;
            KindRules.Default(kind, copy);
            Identify(kind, copy);
        });
        return store.Replace(kind, before: null, subject) ? subject : throw Refusal.AlreadyExists(kind, subject.Name());
    }

    private static AdmissionQuestion Question(string operation, ApiRequester requester, ApiTarget target, string options) => new()
    {
        Operation = operation,
        Kind = target.Kind,
        Subresource = target.Subresource,
        Namespace = target.Kind == ApiKind.Namespace ? target.Name ?? "" : target.Namespace,
        Name = target.Name,
        Requester = requester,
        Options = requester.Options(options),
    };

    private void Identify(ApiKind kind, JsonObject subject)
    {
        var number = Interlocked.Increment(ref _made);
        var metadata = subject.Child("metadata");
        if (subject.Name().Length == 0 && metadata.Text("generateName") is { } prefix)
        {
            metadata["name"] = prefix + Suffix(number);
        }

        metadata["uid"] ??= $"{number:x8}-0000-4000-8000-{number:x12}";
        metadata["creationTimestamp"] ??= time.GetUtcNow().Rfc3339();
        if (kind.HasSpec)
        {
            metadata["generation"] = 1;
        }

        if (kind == ApiKind.Job)
        {
            subject.Child("spec")["selector"] ??= new JsonObject { ["matchLabels"] = new JsonObject { ["batch.kubernetes.io/controller-uid"] = subject.Uid() } };
        }
    }

    /// <summary>Five letters, another five for every number.</summary>
    private static string Suffix(int number)
    {
        var letters = new char[5];
        for (var (at, left) = (4, number * 7919L); at >= 0; at--, left /= Letters.Length)
        {
            letters[at] = Letters[(int)(left % Letters.Length)];
        }

        return new string(letters);
    }
}
