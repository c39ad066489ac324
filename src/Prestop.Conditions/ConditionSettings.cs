using Prestop.Conditions.Http;

namespace Prestop.Conditions;

/// <summary>The options that conditions use, read and checked once for all steps.</summary>
public sealed record ConditionSettings
{
    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How long an attempt may take to connect. Default 1 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What <c>http://</c> and <c>https://</c> steps send and accept.</summary>
    public HttpSettings Http { get; init; } = new();
}
