using System.Net;
using System.Net.Sockets;

namespace Prestop.Conditions;

/// <summary>
/// Connects to a host by whichever of its addresses accepts first. They are begun one shortly after the other and go on side by side, so
/// that one that stays silent takes no time from the others (RFC 8305).
/// </summary>
/// <param name="host">A name or an address, without brackets.</param>
/// <param name="port">1 to 65535.</param>
/// <param name="settings">The time for name and connection together, and where connections come from.</param>
internal sealed class Connector(string host, int port, ConditionSettings settings)
{
    /// <summary>The head start that an address has, as RFC 8305 section 5 recommends it.</summary>
    private static readonly TimeSpan HeadStart = TimeSpan.FromMilliseconds(250);

    private readonly NameLookup _lookup = new(host);

    /// <summary>Connects.</summary>
    /// <param name="caller">Ends the attempt.</param>
    /// <returns>The connection, which the caller closes.</returns>
    /// <exception cref="SocketException">
    /// No address accepts: <see cref="SocketError.ConnectionRefused"/> when every one refuses, else the error of one that does not.
    /// </exception>
    public async Task<Socket> ConnectAsync(CancellationToken caller)
    {
        caller.ThrowIfCancellationRequested();
        using var patience = new CancellationTokenSource(settings.ConnectTimeout, settings.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, caller);
        try
        {
            return await ConnectToAnyAsync(await _lookup.ResolveAsync(either.Token), either.Token);
        }
        catch (OperationCanceledException) when (!caller.IsCancellationRequested)
        {
            throw new SocketException((int)SocketError.TimedOut);
        }
    }

    private async Task<Socket> ConnectToAnyAsync(IPAddress[] addresses, CancellationToken cancellation)
    {
        using var others = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var attempts = new List<Task<Socket>>(addresses.Length);
        foreach (var address in addresses)
        {
            attempts.Add(ConnectInTurnAsync(address, attempts.LastOrDefault(), HeadStartAmong(addresses.Length), others.Token));
        }

        var said = SocketError.ConnectionRefused;
        await foreach (var ended in Task.WhenEach(attempts))
        {
            try
            {
                var first = await ended;
                await others.CancelAsync();
                attempts.Remove(ended);
                await CloseAsync(attempts);
                return first;
            }
            catch (SocketException failure)
            {
                said = failure.SocketErrorCode is SocketError.ConnectionRefused ? said : failure.SocketErrorCode;
            }
        }

        throw new SocketException((int)said);
    }

    /// <summary>Half of the time for a connection is left to the last address, however many there are.</summary>
    private TimeSpan HeadStartAmong(int addresses)
    {
        var share = settings.ConnectTimeout / (2 * addresses);
        return share > TimeSpan.Zero && share < HeadStart ? share : HeadStart;
    }

    private async Task<Socket> ConnectInTurnAsync(IPAddress address, Task<Socket>? before, TimeSpan headStart, CancellationToken cancellation)
    {
        if (before is not null)
        {
            await Task.WhenAny(before, Task.Delay(headStart, settings.Time, cancellation));
            if (before.IsCompletedSuccessfully)
            {
                throw new OperationCanceledException();
            }
        }

        // The kernel takes the unspecified address for this machine (ip(7)); .NET does not take it.
        var target = address.Equals(IPAddress.Any) ? IPAddress.Loopback : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address;
        try
        {
            var socket = await settings.Own.ConnectAsync(new IPEndPoint(target, port), cancellation);

            // An answer may take minutes; only probes tell a slow peer from one that has vanished without a word.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 5);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            return socket;
        }
        catch (SocketException failure) when (IPAddress.IsLoopback(target) && IsNoAddressHere(failure.SocketErrorCode))
        {
            // Where IPv6 is switched off, nobody can listen on ::1, which "localhost" names all the same.
            throw new SocketException((int)SocketError.ConnectionRefused);
        }
    }

    private static async Task CloseAsync(List<Task<Socket>> attempts)
    {
        foreach (var attempt in attempts)
        {
            try
            {
                (await attempt).Dispose();
            }
            catch (Exception failure) when (failure is SocketException or OperationCanceledException)
            {
                // It did not connect, so there is nothing to close.
            }
        }
    }

    private static bool IsNoAddressHere(SocketError error) => error is SocketError.AddressFamilyNotSupported
        or SocketError.AddressNotAvailable or SocketError.NetworkUnreachable or SocketError.HostUnreachable;
}
