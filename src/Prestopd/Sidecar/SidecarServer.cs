using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Prestopd.Sidecar;

/// <summary>Kestrel, bounded so that no client can hold what it should not.</summary>
internal sealed class SidecarServer : IDisposable
{
    private readonly KestrelServer _server;

    public SidecarServer(int port, ConnectionLimit connections)
    {
        var kestrel = new KestrelServerOptions { AddServerHeader = false };
        kestrel.Limits.MaxRequestLineSize = 8 * 1024;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.MaxRequestBufferSize = 32 * 1024;
        kestrel.Limits.MaxRequestBodySize = 64 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        kestrel.ListenAnyIP(port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(connections.Around);
        });

        // No answer blocks, so requests may run where their bytes arrive.
        var sockets = new SocketTransportOptions { UnsafePreferInlineScheduling = true };
        _server = new KestrelServer(
            Options.Create(kestrel), new SocketTransportFactory(Options.Create(sockets), NullLoggerFactory.Instance), NullLoggerFactory.Instance);
    }

    /// <summary>Opens the listener.</summary>
    /// <param name="application">Answers the requests.</param>
    /// <returns>Null, or why it cannot be opened.</returns>
    public async Task<string?> OpenAsync(SidecarApplication application)
    {
        try
        {
            await _server.StartAsync(application, CancellationToken.None);
            return null;
        }
        catch (IOException error)
        {
            return error.InnerException?.InnerException is SocketException socket ? socket.Message : "it is in use";
        }
        catch (SocketException error)
        {
            return error.Message;
        }
    }

    /// <summary>
    /// Closes the listener, lets the requests that are being answered finish, and drops what is left: half-sent requests, bodies that
    /// never come, clients that do not read.
    /// </summary>
    /// <param name="patience">The longest that this takes.</param>
    /// <param name="time">The clock.</param>
    public async Task CloseAsync(TimeSpan patience, TimeProvider time)
    {
        using var half = new CancellationTokenSource(patience / 2, time);
        await Task.WhenAny(_server.StopAsync(half.Token), Task.Delay(patience, time));
    }

    /// <inheritdoc/>
    public void Dispose() => _server.Dispose();
}
