using Prestop.Conditions.Http;
using Prestop.Conditions.Traffic.Evidence;
using Prestop.Core.Addresses;

namespace Prestop.Conditions;

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
