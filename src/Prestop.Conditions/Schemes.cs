using System.Diagnostics.CodeAnalysis;
using Prestop.Conditions.Http;
using Prestop.Conditions.Traffic;
using Prestop.Conditions.Traffic.Evidence;
using Prestop.Core.Addresses;
using Prestop.Core.Waiting;

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

/// <summary>A kind of target that can be waited on, recognised by what stands before <c>://</c>.</summary>
public interface IScheme
{
    /// <summary>The scheme's name in lower case, without <c>://</c>.</summary>
    string Name { get; }

    /// <summary>How a step of this scheme is written, for help and usage errors: <c>tcp://HOST:PORT</c>.</summary>
    string Syntax { get; }

    /// <summary>When such a step is done, as the end of a sentence: <c>it accepts a connection</c>.</summary>
    string DoneWhen { get; }

    /// <summary>Whether an at sign can be part of such a step: behind a user name and a password, or in a path.</summary>
    bool TakesAtSign => false;

    /// <summary>Reads a step. Nothing is opened, resolved or connected yet.</summary>
    /// <param name="text">The whole step as the user wrote it, the scheme included, <c>gone:</c> not.</param>
    /// <param name="settings">The options that conditions use.</param>
    /// <param name="problem">When the step cannot be used: the value, the limit and the fix, in one line without a prefix.</param>
    /// <returns>The condition, or null when there is a problem.</returns>
    ICondition? Parse(string text, ConditionSettings settings, out string problem);
}

/// <summary>The options that conditions use, read and checked once for all steps.</summary>
public sealed record ConditionSettings
{
    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How long an attempt may take to connect. Default 1 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long there must be no traffic, or no connection, for <c>idle://</c> and <c>closed://</c>. Null, the default: as long as the traffic that is
    /// seen makes it evidence.
    /// </summary>
    public TimeSpan? Quiet { get; init; }

    /// <summary>How long where <see cref="Quiet"/> is null and what was seen is too little to tell. Default 15 s.</summary>
    public TimeSpan QuietUnseen { get; init; } = QuietPeriod.DefaultUnseen;

    /// <summary>The clients that do not count for <c>idle://</c> and <c>closed://</c>: probes, scrapers.</summary>
    public IReadOnlyList<AddressRange> Ignored { get; init; } = [];

    /// <summary>Whether the default gateways do not count either.</summary>
    public bool IgnoresGateways { get; init; }

    /// <summary>Whether connections in the habit of a probe are told from traffic. Default true.</summary>
    public bool KnowsProbes { get; init; } = true;

    /// <summary>The TCP connections that conditions open to a target, which <c>idle://</c> and <c>closed://</c> do not count.</summary>
    public OwnConnections Own { get; init; } = new(TimeProvider.System);

    /// <summary>What <c>http://</c> and <c>https://</c> steps send and accept.</summary>
    public HttpSettings Http { get; init; } = new();
}
