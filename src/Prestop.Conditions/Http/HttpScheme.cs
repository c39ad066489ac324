using Prestop.Core.Waiting;

namespace Prestop.Conditions.Http;

/// <summary><c>http://</c> and <c>https://</c> steps.</summary>
/// <param name="name"><c>http</c> or <c>https</c>.</param>
public sealed class HttpScheme(string name) : IScheme
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Syntax => name + "://HOST[:PORT][/PATH]";

    /// <inheritdoc/>
    public string DoneWhen => "the head of an answer with an accepted status has come, with --body all of it; it may take as long as it likes";

    /// <inheritdoc/>
    public bool TakesAtSign => true;

    /// <inheritdoc/>
    public ICondition? Parse(string text, ConditionSettings settings, out string problem)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Host.Length == 0)
        {
            problem = $"'{text}': not a URL; write {Syntax}";
            return null;
        }

        if (url.HostNameType is not (UriHostNameType.IPv4 or UriHostNameType.IPv6) && !NetworkTarget.IsName(AsciiHostOf(url)))
        {
            problem = $"'{text}': '{url.Host}' is neither a host name of at most {NetworkTarget.LongestName} letters, digits, '-', '.' and '_' nor an address";
            return null;
        }

        if (url.Port is 0)
        {
            problem = $"'{text}': port 0 cannot be connected to; use 1 to 65535";
            return null;
        }

        problem = "";
        return new HttpCondition(url, settings);
    }

    private static string AsciiHostOf(Uri url)
    {
        try
        {
            return url.IdnHost;
        }
        catch (UriFormatException)
        {
            return "";
        }
    }
}
