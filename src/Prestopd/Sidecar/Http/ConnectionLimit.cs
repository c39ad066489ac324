using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Prestopd.Sidecar;

/// <summary>
/// Bounds the open connections. Loopback has a number of its own: idle connections of an attacker must not keep the preStop hook from
/// <c>/waitz</c>.
/// </summary>
/// <param name="most">Connections at a time from loopback, and as many from all others.</param>
internal sealed class ConnectionLimit(int most)
{
    private int _local;
    private int _remote;
    private long _refused;

    /// <summary>All that are open now.</summary>
    public int Open => Volatile.Read(ref _local) + Volatile.Read(ref _remote);

    /// <summary>Those that were closed at once.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>
    /// What the limit of open files leaves room for: accepting may for a moment be ahead of closing, and a listener that finds no free
    /// file tries again and again.
    /// </summary>
    /// <param name="wanted">The connections asked for.</param>
    /// <param name="openFiles">The files that may be open.</param>
    public static int Fitting(int wanted, int openFiles) => Math.Clamp((openFiles - 128) / 3, 1, wanted);

    /// <summary>Wraps a connection's life.</summary>
    public ConnectionDelegate Around(ConnectionDelegate next) => connection => RunAsync(connection, next);

    private async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var peer = (IPEndPoint)connection.RemoteEndPoint!;
        if (peer.Address.IsIPv4MappedToIPv6)
        {
            // Once for a connection instead of once for each of its requests.
            peer = new IPEndPoint(peer.Address.MapToIPv4(), peer.Port);
            connection.RemoteEndPoint = peer;
        }

        var local = IPAddress.IsLoopback(peer.Address);
        if (!TryEnter(local))
        {
            Interlocked.Increment(ref _refused);
            connection.Abort();
            return;
        }

        try
        {
            await next(connection);
        }
        finally
        {
            Interlocked.Decrement(ref local ? ref _local : ref _remote);
        }
    }

    private bool TryEnter(bool local)
    {
        ref var open = ref local ? ref _local : ref _remote;
        if (Interlocked.Increment(ref open) <= most)
        {
            return true;
        }

        Interlocked.Decrement(ref open);
        return false;
    }
}
