using System.Net.Sockets;
using Prestop.Core.Waiting;

namespace Prestop.Conditions;

/// <summary>Met when a stream socket in the file system accepts a connection, which is then closed at once.</summary>
/// <param name="path">An absolute path.</param>
/// <param name="settings">The time for the connection.</param>
internal sealed class UnixCondition(string path, ConditionSettings settings) : ICondition
{
    /// <inheritdoc/>
    public async ValueTask<Observation> AskAsync(CancellationToken cancellation)
    {
        try
        {
            using var connection = await ConnectAsync(path, settings, cancellation);
            return new Observation(Finding.Met, "accepts connections");
        }
        catch (SocketException failure)
        {
            return SocketFindings.Judge(failure.SocketErrorCode, path);
        }
    }

    /// <summary>Connects to a Unix-domain socket.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="settings">The time for the connection.</param>
    /// <param name="caller">Ends the attempt.</param>
    /// <returns>The connection, which the caller closes.</returns>
    /// <exception cref="SocketException">There is none; <see cref="SocketFindings.Judge(SocketError, string)"/> tells what that means.</exception>
    public static async Task<Socket> ConnectAsync(string path, ConditionSettings settings, CancellationToken caller)
    {
        using var patience = new CancellationTokenSource(settings.ConnectTimeout, settings.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, caller);
        var socket = Open();
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), either.Token);
            return socket;
        }
        catch (Exception failure)
        {
            socket.Dispose();
            if (failure is OperationCanceledException && !caller.IsCancellationRequested)
            {
                throw new SocketException((int)SocketError.TimedOut);
            }

            throw;
        }
    }

    private static Socket Open()
    {
        try
        {
            return new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        }
        catch (SocketException failure) when (failure.SocketErrorCode is not SocketError.TooManyOpenSockets)
        {
            // A filter of system calls answers as it likes, with EACCES too, which would look like the socket file's mode.
            throw new SocketException((int)SocketError.AddressFamilyNotSupported);
        }
    }
}
