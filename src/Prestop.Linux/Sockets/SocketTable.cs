namespace Prestop.Linux.Sockets;

/// <summary>Opens the table of TCP sockets by the best way there is.</summary>
public static class SocketTable
{
    /// <summary>The most ports that one table can be about.</summary>
    public const int MaxPorts = 64;

    /// <summary>Opens the table; where netlink is refused, as sandboxes do, by /proc/net.</summary>
    /// <param name="ports">The local ports, 1 to <see cref="MaxPorts"/> of them.</param>
    /// <exception cref="IOException">Neither way is open.</exception>
    public static ISocketTable Open(ushort[] ports)
    {
        ArgumentOutOfRangeException.ThrowIfZero(ports.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ports.Length, MaxPorts);
        try
        {
            return new NetlinkTable(ports);
        }
        catch (NetlinkException refusal)
        {
            return new ProcTable(ports, refusal.Message);
        }
    }
}
