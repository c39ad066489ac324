using System.Net.Security;
using System.Text;
using Prestop.Core;
using Prestop.Linux.Processes;

namespace Prestopd.Hosting;

/// <summary>Decides when a server ends.</summary>
internal interface IShutdown
{
    /// <summary>SIGTERM or SIGINT came, the first or another one. Must not block.</summary>
    /// <param name="name">The signal as Go's os.Signal prints it: <c>terminated</c>, <c>interrupt</c>.</param>
    void Signal(string name);

    /// <summary>Completes when the server need not listen any more.</summary>
    Task Released { get; }

    /// <summary>Nothing is listened to any more.</summary>
    void Leave();
}

/// <summary>
/// A server from its start to its end: listens, has requests answered until it is released, lets the answers that are under way go out, and ends
/// with exit code 0.
/// </summary>
internal sealed class Server : IDisposable
{
    /// <summary>After the release, everything must be over within a second.</summary>
    private static readonly TimeSpan ClosePatience = TimeSpan.FromMilliseconds(600);

    private readonly ServerSettings _settings;
    private readonly ThisProcess _process;
    private readonly LineWriter _lines;
    private readonly int _openFiles = OpenFileLimit.Raise();
    private readonly int _mostConnections;

    /// <summary>Opens the log. Before the first socket is made.</summary>
    /// <param name="settings">What the server is told.</param>
    /// <param name="process">The process that it runs in.</param>
    public Server(ServerSettings settings, ThisProcess process)
    {
        EventLoop.UseOneThread();
        (_settings, _process, _lines) = (settings, process, new LineWriter(process.Stderr, process.Time));
        Log = new ServerLog(_lines, process.Time, settings.LogFormat, settings.LogsEverything);
        _mostConnections = ConnectionTable.Fitting(settings.MaxConnections, _openFiles);
        Connections = new ConnectionTable(_mostConnections, process.Time);
    }

    /// <summary>The log.</summary>
    public ServerLog Log { get; }

    /// <summary>The open connections.</summary>
    public ConnectionTable Connections { get; }

    /// <summary>Serves until it is released.</summary>
    /// <param name="application">Answers the requests.</param>
    /// <param name="shutdown">Decides when to end.</param>
    /// <param name="certificate">What is shown to new connections, which speak TLS then; see <see cref="HttpServer"/>. Null for plain HTTP.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(IRequestHandler application, IShutdown shutdown, Func<SslStreamCertificateContext>? certificate = null)
    {
        if (_mostConnections < _settings.MaxConnections)
        {
            Log.Warning(
                "settings",
                $"of {_settings.MaxConnections} connections only {_mostConnections} fit the limit of {_openFiles} open files; raise that limit, or allow fewer");
        }

        using var listener = new HttpServer(application, Connections, _settings.LongestBody, Log, _process.Time, certificate);
        if (listener.Start(_settings.Port) is { } refusal)
        {
            _lines.Write(Encoding.UTF8.GetBytes(
                $"{_process.Command}: {ServerOptions.Port.Variable} '{_settings.Port}': cannot listen: {refusal}; stop what listens there, or choose another port\n"));
            await _lines.FlushAtExitAsync(_process.Time);
            return ExitCodes.Usage;
        }

        Log.Info("started", $"{_settings.Title} started");
        _process.Signals.HandTo(shutdown.Signal);
        await shutdown.Released;
        Log.Info("exiting", "exiting");
        await listener.StopAsync(ClosePatience);
        shutdown.Leave();
        Log.Info("bye", "bye");
        await _lines.FlushAtExitAsync(_process.Time);
        return ExitCodes.Done;
    }

    /// <inheritdoc/>
    public void Dispose() => Connections.Dispose();
}
