using Prestop.Core.Addresses;

namespace Prestop.Conditions.Traffic.Evidence;

/// <summary>One of those who keep a port busy.</summary>
/// <param name="Address">Who.</param>
/// <param name="Open">How many connections of it are open.</param>
/// <param name="Requests">How often something comes on them.</param>
/// <param name="Connections">How often it makes a new one, and that ends.</param>
internal readonly record struct BusyClient(InternetAddress Address, int Open, Frequency Requests, Frequency Connections);
