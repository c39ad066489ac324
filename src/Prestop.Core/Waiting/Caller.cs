namespace Prestop.Core.Waiting;

/// <summary>A client that keeps something busy.</summary>
/// <param name="address">Its address.</param>
public sealed class Caller(string address)
{
    /// <summary>Its address.</summary>
    public string Address => address;

    /// <summary>How many connections of it are open.</summary>
    public required int OpenConnections { get; init; }

    /// <summary>How often something comes on them; 0 when nothing did.</summary>
    public required double RequestsPerSecond { get; init; }

    /// <summary>How often it opens one that does not stay open; 0 when it did so once or never.</summary>
    public required double NewConnectionsPerSecond { get; init; }
}
