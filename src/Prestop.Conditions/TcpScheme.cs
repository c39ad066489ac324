using System.Net;
using System.Net.Sockets;
using Prestop.Core.Waiting;

namespace Prestop.Conditions;

/// <summary><c>tcp://</c> steps.</summary>
public sealed class TcpScheme : IScheme
{
    /// <inheritdoc/>
    public string Name => "tcp";

    /// <inheritdoc/>
    public string Syntax => "tcp://HOST:PORT";

    /// <inheritdoc/>
    public string DoneWhen => "it accepts a connection";

    /// <inheritdoc/>
    public ICondition? Parse(string text, ConditionSettings settings, out string problem) =>
        NetworkTarget.TryParse(text, Name, out var target, out problem) ? new TcpCondition(target, settings) : null;
}

/// <summary>
/// Met when one of the host's addresses accepts a connection, which is then closed at once. All addresses are tried side by
/// side, so that one that stays silent takes no time from the others.
/// </summary>
/// <param name="target">Where to connect.</param>
/// <param name="settings">The time for name and connection together, and where connections come from.</param>
internal sealed class TcpCondition(NetworkTarget target, ConditionSettings settings) : ICondition
{
    private readonly NameLookup _lookup = new(target.Host);

    /// <inheritdoc/>
    public async ValueTask<Observation> AskAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var attempt = new CancellationTokenSource(settings.ConnectTimeout, settings.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(attempt.Token, cancellation);
        try
        {
            return await ConnectToAnyAsync(await _lookup.ResolveAsync(either.Token), either);
        }
        catch (SocketException failure)
        {
            return SocketFindings.Judge(failure.SocketErrorCode);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return SocketFindings.Judge(SocketError.TimedOut);
        }
    }

    private async Task<Observation> ConnectToAnyAsync(IPAddress[] addresses, CancellationTokenSource either)
    {
        var attempts = new List<Task<SocketError>>(addresses.Length);
        foreach (var address in addresses)
        {
            attempts.Add(ConnectAsync(address, either.Token));
        }

        var said = SocketError.ConnectionRefused;
        await foreach (var ended in Task.WhenEach(attempts))
        {
            var error = await ended;
            if (error is SocketError.Success)
            {
                await either.CancelAsync();
                await Task.WhenAll(attempts);
                return new Observation(Finding.Met, "accepts connections");
            }

            // Refused by all is certain; otherwise what stands in the way of certainty is what there is to say.
            said = error is SocketError.ConnectionRefused ? said : error;
        }

        return SocketFindings.Judge(said);
    }

    private async Task<SocketError> ConnectAsync(IPAddress address, CancellationToken cancellation)
    {
        try
        {
            using var socket = await settings.Own.ConnectAsync(new IPEndPoint(address, target.Port), cancellation);
            return SocketError.Success;
        }
        catch (SocketException failure) when (IPAddress.IsLoopback(address) && IsNoAddressHere(failure.SocketErrorCode))
        {
            // Where IPv6 is switched off, nobody can listen on ::1, which "localhost" names all the same.
            return SocketError.ConnectionRefused;
        }
        catch (SocketException failure)
        {
            return failure.SocketErrorCode;
        }
        catch (OperationCanceledException)
        {
            return SocketError.TimedOut;
        }
    }

    private static bool IsNoAddressHere(SocketError error) => error is SocketError.AddressFamilyNotSupported
        or SocketError.AddressNotAvailable or SocketError.NetworkUnreachable or SocketError.HostUnreachable;
}
