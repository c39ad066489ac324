using System.Net.Sockets;
using Prestop.Core.Waiting;

namespace Prestop.Conditions;

/// <summary>What a connection that was not made says about its target.</summary>
internal static class SocketFindings
{
    /// <summary>A refusal is an answer of the target's own kernel, so it is certain; everything else may be the way there.</summary>
    /// <param name="error">Why there is no connection.</param>
    public static Observation Judge(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => new(Finding.Absent, "connection refused"),
        SocketError.HostNotFound or SocketError.NoData => new(Finding.Unclear, "the name does not resolve"),
        SocketError.TryAgain or SocketError.NoRecovery => new(Finding.Unclear, "the name server does not answer"),
        SocketError.TimedOut => new(Finding.Unclear, "connecting timed out"),
        SocketError.NetworkUnreachable or SocketError.HostUnreachable => new(Finding.Unclear, "no route to the host"),
        SocketError.ConnectionReset => new(Finding.Unclear, "the connection was reset"),
        SocketError.TooManyOpenSockets => new(Finding.Unclear, "too many open files; raise the limit, 'ulimit -n'"),
        SocketError.AccessDenied => new(Finding.Broken, "permission denied"),
        _ => new(Finding.Unclear, "connecting failed"),
    };
}
