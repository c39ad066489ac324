using System.Buffers;
using Prestop.Core.Options;
using Prestopd.Hosting;

namespace Prestopd.Sidecar;

/// <summary>Reads the options of <c>prestopd sidecar</c>; what cannot be used is told to the <see cref="OptionReader"/>.</summary>
internal sealed class SidecarOptionsReader
{
    private static readonly SearchValues<char> TokenCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>There may be as many from loopback again, and 6000 connections with half a request on each took 83 MB.</summary>
    private const int MostConnections = 2000;

    private readonly OptionReader _options;
    private readonly List<string> _warnings = [];

    private SidecarOptionsReader(OptionReader options) => _options = options;

    /// <summary>Reads all options.</summary>
    /// <param name="options">The options that were given. Where it has problems afterwards, the result is not to be used.</param>
    public static SidecarOptions Read(OptionReader options) => new SidecarOptionsReader(options).Read();

    private SidecarOptions Read()
    {
        var server = ServerOptions.Read(_options, "k8s-prestop-sidecar", MostConnections, logsEverything: Log());
        var rules = new DrainRules(
            _options.Choice(SidecarNames.Trigger) switch { "signal" => DrainTrigger.Signal, "waitz" => DrainTrigger.Waitz, _ => DrainTrigger.Both },
            _options.Length(SidecarNames.Cooldown, TimeSpan.Zero, Day) ?? TimeSpan.FromSeconds(10),
            _options.Length(SidecarNames.MaxWait, TimeSpan.FromSeconds(1), Day, orForever: true) ?? TimeSpan.FromMinutes(15));
        if (rules.Cooldown >= rules.MaxWait)
        {
            _warnings.Add(
                $"COOLDOWN {GoDuration.Text(rules.Cooldown)} cannot pass within MAX_WAIT {GoDuration.Text(rules.MaxWait)}: raise MAX_WAIT or lower COOLDOWN");
        }

        return new SidecarOptions
        {
            Server = server,
            Interval = _options.Length(SidecarNames.Interval, TimeSpan.FromMilliseconds(100), Day) ?? TimeSpan.FromSeconds(10),
            Drain = rules,
            WaitzToken = Token(),
            WaitzStatus = _options.Number(SidecarNames.WaitzStatus, 200, 599) ?? 200,
            MaxWaiters = _options.Number(SidecarNames.MaxWaiters, 1, MostConnections) ?? 100,
            Upstream = Upstream(server.Port),
            UpstreamTimeout = _options.Length(SidecarNames.UpstreamTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)) ?? TimeSpan.FromSeconds(2),
            Ignore = Ignored(),
            Warnings = _warnings,
        };
    }

    // Where the original is replaced, a value that it took for "no" must not keep the pod from starting.
    private bool Log()
    {
        var text = _options.Text(SidecarNames.Log);
        if (text is not (null or "yes" or "no" or "false" or "off" or "0"))
        {
            _warnings.Add(_options.Remark(SidecarNames.Log, text, "only yes turns logging on; write yes or no"));
        }

        return text is "yes";
    }

    private string? Token()
    {
        var text = _options.Text(SidecarNames.WaitzToken);
        if (text is "" || text.AsSpan().ContainsAnyExcept(TokenCharacters))
        {
            _options.Refuse(SidecarNames.WaitzToken, text!, "must be letters, digits, '-', '.', '_' and '~' only, which stand in a URL as they are");
        }

        return text;
    }

    private Uri? Upstream(int ownPort)
    {
        if (_options.Text(SidecarNames.Upstream) is not { } text)
        {
            return null;
        }

        // It may hold a password.
        var shown = text.Contains('@', StringComparison.Ordinal) ? "…" : text;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
        {
            _options.Refuse(SidecarNames.Upstream, shown, "not an absolute http or https URL; write http://127.0.0.1:9000/health, for example");
            return null;
        }

        if (address.IsLoopback && address.Port == ownPort)
        {
            _options.Refuse(
                SidecarNames.Upstream, shown, $"is the sidecar itself, on port {ownPort}; write the URL of the application, or change {ServerOptions.Port.Variable}");
        }

        return address;
    }

    private IgnoreList Ignored()
    {
        var text = _options.Text(SidecarNames.Ignore) ?? "";
        var list = IgnoreList.Parse(text, out var problem);
        if (problem is not null)
        {
            _options.Refuse(SidecarNames.Ignore, text, problem);
        }

        return list;
    }
}
