using Prestop.Conditions.Http;
using Prestop.Core.Addresses;

namespace Prestop.Conditions;

/// <summary>The options that conditions use, read and checked once for all steps.</summary>
public sealed record ConditionSettings
{
    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How long an attempt may take to connect. Default 1 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long there must be no traffic, or no connection, for <c>idle://</c> and <c>closed://</c>. Default 5 s.</summary>
    public TimeSpan Quiet { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The clients that do not count for <c>idle://</c> and <c>closed://</c>: probes, scrapers.</summary>
    public IReadOnlyList<AddressRange> Ignored { get; init; } = [];

    /// <summary>Where all conditions get their connections, so that <c>idle://</c> and <c>closed://</c> know them.</summary>
    public OwnConnections Own { get; init; } = new();

    /// <summary>What <c>http://</c> and <c>https://</c> steps send and accept.</summary>
    public HttpSettings Http { get; init; } = new();
}
