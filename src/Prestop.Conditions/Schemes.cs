using System.Diagnostics.CodeAnalysis;
using Prestop.Conditions.Http;
using Prestop.Conditions.Traffic;

namespace Prestop.Conditions;

/// <summary>Every scheme there is. A new one is registered here and nowhere else.</summary>
public static class Schemes
{
    private static readonly (string Name, Func<IScheme> Make)[] Known =
    [
        ("http", () => new HttpScheme("http")),
        ("https", () => new HttpScheme("https")),
        ("tcp", () => new TcpScheme()),
        ("unix", () => new UnixScheme()),
        ("dns", () => new DnsScheme()),
        ("file", () => new FileScheme()),
        ("idle", () => new TrafficScheme("idle", new IdleRule())),
        ("closed", () => new TrafficScheme("closed", new ClosedRule())),
        ("endpoints", () => new EndpointsScheme()),
    ];

    /// <summary>In the order in which help and README list them.</summary>
    public static IReadOnlyList<IScheme> All => [.. Known.Select(known => known.Make())];

    /// <summary>Finds a scheme by its name, in any case, as RFC 3986 section 3.1 has it.</summary>
    /// <param name="name">What stands before <c>://</c>.</param>
    /// <param name="scheme">The scheme, when there is one.</param>
    public static bool TryFind(ReadOnlySpan<char> name, [NotNullWhen(true)] out IScheme? scheme)
    {
        foreach (var known in Known)
        {
            if (name.Equals(known.Name, StringComparison.OrdinalIgnoreCase))
            {
                scheme = known.Make();
                return true;
            }
        }

        scheme = null;
        return false;
    }
}
