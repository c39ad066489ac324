using System.Net.Sockets;
using Prestop.Core.Waiting;
using Prestop.Linux.Files;

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

    /// <summary>The same for a Unix-domain socket.</summary>
    /// <param name="error">Why there is no connection.</param>
    /// <param name="path">Where the socket should be.</param>
    public static Observation Judge(SocketError error, string path) => error switch
    {
        SocketError.ConnectionRefused => new(Finding.Absent, "connection refused"),
        SocketError.AddressFamilyNotSupported => new(Finding.Broken, "Unix-domain sockets are not allowed here; a seccomp profile may deny them"),
        _ when FileSearch.LookFor(path) is FileFinding.Absent => new(Finding.Absent, "does not exist"),

        // Not for ever: servers make the socket first and set its mode afterwards.
        SocketError.AccessDenied => new(Finding.Unclear, "permission denied"),
        SocketError.WouldBlock => new(Finding.Unclear, "its queue of connections is full"),
        SocketError.ProtocolType => new(Finding.Broken, "not a stream socket"),
        _ => Judge(error),
    };
}
