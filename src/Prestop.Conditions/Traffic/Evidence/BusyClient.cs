using Prestop.Core.Addresses;

namespace Prestop.Conditions.Traffic.Evidence;

/// <summary>One of those who keep a port busy.</summary>
/// <param name="address">Who.</param>
/// <param name="open">How many connections of it are open.</param>
/// <param name="requests">How often something comes on them.</param>
/// <param name="connections">How often it makes a new one, and that ends.</param>
internal sealed class BusyClient(InternetAddress address, int open, Frequency requests, Frequency connections)
{
    /// <summary>Who.</summary>
    public InternetAddress Address => address;

    /// <summary>How many connections of it are open.</summary>
    public int Open => open;

    /// <summary>How often something comes on them.</summary>
    public Frequency Requests => requests;

    /// <summary>How often it makes a new one, and that ends.</summary>
    public Frequency Connections => connections;
}
