namespace Prestop.Testing.Cluster;

/// <summary>What a request is about.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Namespace">The namespace; empty for none or all.</param>
/// <param name="Name">The object; null for all of them.</param>
/// <param name="Subresource">A part of it; empty for the whole.</param>
internal sealed record ApiTarget(ApiKind Kind, string Namespace, string? Name = null, string Subresource = "")
{
    /// <summary>Reads a path; null when it leads nowhere.</summary>
    public static ApiTarget? Of(string path, IEnumerable<ApiKind> kinds)
    {
        foreach (var kind in kinds)
        {
            if (!path.StartsWith($"{kind.Root}/", StringComparison.Ordinal))
            {
                continue;
            }

            var rest = path[(kind.Root.Length + 1)..].TrimEnd('/').Split('/');
            var @namespace = "";
            if (kind.IsNamespaced && rest is ["namespaces", _, _, ..])
            {
                (@namespace, rest) = (rest[1], rest[2..]);
            }

            if (rest[0] == kind.Plural && rest.Length <= 3 && (rest.Length < 3 || kind.Subresources.Contains(rest[2])))
            {
                return new ApiTarget(kind, @namespace, rest.ElementAtOrDefault(1), rest.ElementAtOrDefault(2) ?? "");
            }
        }

        return null;
    }
}
