using System.Net.Sockets;
using Prestop.Core.Waiting;
using Prestop.Linux.Files;

namespace Prestop.Conditions;

/// <summary><c>unix://</c> steps.</summary>
public sealed class UnixScheme : IScheme
{
    /// <summary>sun_path of struct sockaddr_un without the NUL at the end (unix(7)).</summary>
    private const int LongestPath = 107;

    /// <inheritdoc/>
    public string Name => "unix";

    /// <inheritdoc/>
    public string Syntax => "unix:///PATH";

    /// <inheritdoc/>
    public string DoneWhen => "it accepts a connection";

    /// <inheritdoc/>
    public ICondition? Parse(string text, ConditionSettings settings, out string problem) =>
        LocalPath.Parse(text, Name, LongestPath, out problem) is { } path ? new UnixCondition(path, settings) : null;
}

/// <summary>Met when a stream socket in the file system accepts a connection, which is then closed at once.</summary>
/// <param name="path">An absolute path.</param>
/// <param name="settings">The time for the connection.</param>
internal sealed class UnixCondition(string path, ConditionSettings settings) : ICondition
{
    /// <inheritdoc/>
    public async ValueTask<Observation> AskAsync(CancellationToken cancellation)
    {
        using var attempt = new CancellationTokenSource(settings.ConnectTimeout, settings.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(attempt.Token, cancellation);
        Socket socket;
        try
        {
            socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        }
        catch (SocketException failure)
        {
            return failure.SocketErrorCode is SocketError.TooManyOpenSockets
                ? SocketFindings.Judge(failure.SocketErrorCode)
                : new(Finding.Broken, "Unix-domain sockets are not allowed here; a seccomp profile may deny them");
        }

        using var _ = socket;
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), either.Token);
            return new Observation(Finding.Met, "accepts connections");
        }
        catch (SocketException failure)
        {
            return Judge(failure.SocketErrorCode);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return SocketFindings.Judge(SocketError.TimedOut);
        }
    }

    private Observation Judge(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => new(Finding.Absent, "connection refused"),
        _ when FileSearch.LookFor(path) is FileFinding.Absent => new(Finding.Absent, "does not exist"),

        // Not for ever: servers make the socket first and set its mode afterwards.
        SocketError.AccessDenied => new(Finding.Unclear, "permission denied"),
        SocketError.WouldBlock => new(Finding.Unclear, "its queue of connections is full"),
        SocketError.ProtocolType => new(Finding.Broken, "not a stream socket"),
        _ => SocketFindings.Judge(error),
    };
}
