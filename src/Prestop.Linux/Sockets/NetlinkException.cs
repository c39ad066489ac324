using System.Runtime.InteropServices;

namespace Prestop.Linux.Sockets;

/// <summary>The kernel's socket diagnosis cannot be used, or failed.</summary>
/// <param name="error">The error number.</param>
public sealed class NetlinkException(int error) : IOException("netlink: " + Marshal.GetPInvokeErrorMessage(error))
{
    /// <summary>The error number (errno).</summary>
    public int Error => error;
}
