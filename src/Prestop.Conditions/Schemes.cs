using System.Diagnostics.CodeAnalysis;
using Prestop.Conditions.Http;
using Prestop.Conditions.Traffic;

namespace Prestop.Conditions;

/// <summary>Every scheme there is. A new one is registered here and nowhere else.</summary>
public static class Schemes
{
    /// <summary>In the order in which help and README list them.</summary>
    public static IReadOnlyList<IScheme> All { get; } =
    [
        new HttpScheme("http"),
        new HttpScheme("https"),
        new TcpScheme(),
        new UnixScheme(),
        new DnsScheme(),
        new FileScheme(),
        new IdleScheme(),
        new ClosedScheme(),
        new EndpointsScheme(),
    ];

    /// <summary>Finds a scheme by its name, in any case, as RFC 3986 section 3.1 has it.</summary>
    /// <param name="name">What stands before <c>://</c>.</param>
    /// <param name="scheme">The scheme, when there is one.</param>
    public static bool TryFind(ReadOnlySpan<char> name, [NotNullWhen(true)] out IScheme? scheme)
    {
        foreach (var candidate in All)
        {
            if (name.Equals(candidate.Name, StringComparison.OrdinalIgnoreCase))
            {
                scheme = candidate;
                return true;
            }
        }

        scheme = null;
        return false;
    }
}
