using System.Net;
using Prestop.Core.Options;

namespace Prestopd.Hosting;

/// <summary>What every server is told.</summary>
/// <param name="Title">What its first log line says has started.</param>
/// <param name="Port">TCP port to listen on, on all addresses; 0 to 65535, 0 for any that is free.</param>
/// <param name="MaxConnections">Connections at a time, from loopback and from elsewhere each; fewer where the limit of open files is low.</param>
/// <param name="LongestBody">The longest body of a request that is read, in bytes.</param>
/// <param name="LogFormat">The form of log lines.</param>
/// <param name="LogsEverything">Whether requests and lifecycle are logged, not just what is wrong.</param>
internal sealed record ServerSettings(string Title, int Port, int MaxConnections, int LongestBody, LogFormat LogFormat, bool LogsEverything);

/// <summary>The options that are the same for every server.</summary>
internal static class ServerOptions
{
    /// <summary>The TCP port.</summary>
    public static readonly OptionSpec Port = new("--port", "N", "8080", "TCP port to listen on, on all addresses");

    /// <summary>The form of log lines.</summary>
    public static readonly OptionSpec LogFormat = new("--log-format", "text|json", "text", "form of the log lines");

    /// <summary>How many connections there may be.</summary>
    public static readonly OptionSpec MaxConnections = new("--max-connections", "N", "500",
        "open connections, counted apart for loopback and for all others; a new one takes the place of the longest idle");

    /// <summary>Reads them.</summary>
    /// <param name="options">The options that were given.</param>
    /// <param name="title">See <see cref="ServerSettings"/>.</param>
    /// <param name="mostConnections">What <see cref="MaxConnections"/> may be at most.</param>
    /// <param name="logsEverything">See <see cref="ServerSettings"/>.</param>
    public static ServerSettings Read(OptionReader options, string title, int mostConnections, bool logsEverything) => new(
        title,
        options.Number(Port, IPEndPoint.MinPort + 1, IPEndPoint.MaxPort) ?? 8080,
        options.Number(MaxConnections, 1, mostConnections) ?? 500,
        LongestBody: 0,
        options.Choice(LogFormat) is "json" ? Hosting.LogFormat.Json : Hosting.LogFormat.Text,
        logsEverything);
}
