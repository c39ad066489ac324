using Prestop.Core.Waiting;
using Prestop.Kubernetes.Access;

namespace Prestop.Conditions;

/// <summary>
/// <c>endpoints://SERVICE[.NAMESPACE]</c>: no EndpointSlice of the Service lists this pod as ready, so nothing that goes by
/// the Service sends it new traffic.
/// </summary>
/// <param name="environment">The container's variables and files.</param>
/// <param name="random">Spreads the attempts after failures.</param>
public sealed class EndpointsScheme(ContainerEnvironment environment, Random random) : IScheme
{
    /// <summary>The scheme for the container that this process runs in.</summary>
    public EndpointsScheme()
        : this(ContainerEnvironment.OfThisProcess, Random.Shared)
    {
    }

    /// <inheritdoc/>
    public string Name => "endpoints";

    /// <inheritdoc/>
    public string Syntax => "endpoints://SERVICE[.NAMESPACE]";

    /// <inheritdoc/>
    public string DoneWhen => "no EndpointSlice of the service lists this pod as ready";

    /// <inheritdoc/>
    public ICondition? Parse(string text, ConditionSettings settings, out string problem)
    {
        var names = text[(Name.Length + "://".Length)..].Split('.');
        if (names.Length > 2)
        {
            problem = $"'{text}' has too many dots; write {Syntax}, without svc or the cluster's domain";
            return null;
        }

        foreach (var name in names)
        {
            if (!IsLabel(name))
            {
                problem = $"'{name}' in '{text}' is no name of a service or namespace: 1 to 63 of a-z, 0-9 and '-', "
                    + $"no '-' at either end; write {Syntax}";
                return null;
            }
        }

        problem = "";
        return new EndpointsCondition(names[0], names.Length > 1 ? names[1] : null, environment, settings, random);
    }

    private static bool IsLabel(string name) =>
        name.Length is >= 1 and <= 63
        && name[0] != '-'
        && name[^1] != '-'
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
