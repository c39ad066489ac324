using System.Net;
using Prestop.Core.Waiting;

namespace Prestop.Conditions;

/// <summary><c>dns://</c> steps.</summary>
public sealed class DnsScheme : IScheme
{
    /// <inheritdoc/>
    public string Name => "dns";

    /// <inheritdoc/>
    public string Syntax => "dns://NAME";

    /// <inheritdoc/>
    public string DoneWhen => "it resolves";

    /// <inheritdoc/>
    public ICondition? Parse(string text, ConditionSettings settings, out string problem)
    {
        var name = text[(Name.Length + "://".Length)..];
        if (IPAddress.TryParse(name, out _))
        {
            problem = $"'{text}': an address needs no resolving; write a name, or wait for tcp://{name}:PORT";
            return null;
        }

        if (!NetworkTarget.IsName(name))
        {
            problem = $"'{text}': '{name}' is not a host name of at most {NetworkTarget.LongestName} ASCII letters, digits, '-', '.' and '_'; "
                + "write dns://NAME, no port and no path";
            return null;
        }

        problem = "";
        return new DnsCondition(name);
    }
}
