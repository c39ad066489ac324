using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Prestopd.Sidecar;

/// <summary>
/// Bounds the connections from outside the pod. Those from loopback are never refused: an attacker's idle connections must not keep
/// the preStop hook from <c>/waitz</c>.
/// </summary>
/// <param name="most">Connections at a time.</param>
internal sealed class ConnectionLimit(int most)
{
    private int _open;
    private int _counted;
    private long _refused;

    /// <summary>All that are open now.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Those that were closed at once.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Wraps a connection's life.</summary>
    public ConnectionDelegate Around(ConnectionDelegate next) => connection => RunAsync(connection, next);

    private async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var peer = (IPEndPoint)connection.RemoteEndPoint!;
        if (peer.Address.IsIPv4MappedToIPv6)
        {
            // Once for a connection instead of once for each of its requests.
            connection.RemoteEndPoint = new IPEndPoint(peer.Address.MapToIPv4(), peer.Port);
        }

        var counts = !IPAddress.IsLoopback(peer.Address);
        if (counts && Interlocked.Increment(ref _counted) > most)
        {
            Interlocked.Decrement(ref _counted);
            Interlocked.Increment(ref _refused);
            connection.Abort();
            return;
        }

        Interlocked.Increment(ref _open);
        try
        {
            await next(connection);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
            if (counts)
            {
                Interlocked.Decrement(ref _counted);
            }
        }
    }
}
