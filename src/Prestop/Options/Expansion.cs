using System.Text;

namespace Prestop.Options;

/// <summary>
/// <c>$(NAME)</c> from the environment, as Kubernetes replaces it in a container's command, but not in its lifecycle hooks
/// (kubernetes/kubernetes#90624). <c>$$(NAME)</c> stands for <c>$(NAME)</c> itself. Everything else is left as it is,
/// a reference to a variable that is not set too.
/// </summary>
internal static class Expansion
{
    /// <summary>Replaces the references in a text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="environment">Gives a variable's value, or null when it is not set.</param>
    /// <param name="unset">The first variable that is referred to and not set, or null.</param>
    public static string Expand(string text, Func<string, string?> environment, out string? unset)
    {
        unset = null;
        var dollar = text.IndexOf("$(", StringComparison.Ordinal);
        if (dollar < 0)
        {
            return text;
        }

        var expanded = new StringBuilder();
        var copied = 0;
        for (; dollar >= 0; dollar = text.IndexOf("$(", copied, StringComparison.Ordinal))
        {
            var close = text.IndexOf(')', dollar);
            if (close < 0)
            {
                break;
            }

            var name = text[(dollar + 2)..close];
            if (dollar > copied && text[dollar - 1] == '$')
            {
                expanded.Append(text, copied, dollar - 1 - copied).Append(text, dollar, close + 1 - dollar);
            }
            else if (environment(name) is { } value)
            {
                expanded.Append(text, copied, dollar - copied).Append(value);
            }
            else
            {
                unset ??= name;
                expanded.Append(text, copied, close + 1 - copied);
            }

            copied = close + 1;
        }

        return expanded.Append(text, copied, text.Length - copied).ToString();
    }
}
