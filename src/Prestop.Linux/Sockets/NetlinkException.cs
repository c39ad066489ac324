using System.Runtime.InteropServices;

namespace Prestop.Linux.Sockets;

/// <summary>The kernel's socket diagnosis cannot be used, or failed.</summary>
public sealed class NetlinkException : IOException
{
    /// <summary>ENOENT: the answer of a kernel whose modules inet_diag or tcp_diag are not there and cannot be loaded (net/core/sock_diag.c).</summary>
    public const int NoDiagnosis = 2;

    /// <summary>The kernel or a sandbox gave an error.</summary>
    /// <param name="error">The error number.</param>
    public NetlinkException(int error)
        : base("netlink: " + (error is NoDiagnosis ? "this kernel has no tcp_diag" : Marshal.GetPInvokeErrorMessage(error))) => Error = error;

    /// <summary>The kernel gave an answer that cannot be believed.</summary>
    /// <param name="problem">What is wrong with it.</param>
    public NetlinkException(string problem)
        : base("netlink: " + problem)
    {
    }

    /// <summary>The error number (errno); 0 when there is none.</summary>
    public int Error { get; }
}
