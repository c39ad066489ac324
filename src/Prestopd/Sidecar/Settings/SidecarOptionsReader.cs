using System.Buffers;
using System.Globalization;
using System.Net;
using Prestop.Core;

namespace Prestopd.Sidecar;

/// <summary>Turns what the user wrote into <see cref="SidecarOptions"/>, and reports every value that cannot be used.</summary>
/// <param name="flag">The value given by flag, or null.</param>
/// <param name="variable">The value of an environment variable, or null.</param>
internal sealed class SidecarOptionsReader(Func<Setting, string?> flag, Func<string, string?> variable)
{
    private static readonly SearchValues<char> TokenCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>There may be as many from loopback again, and 6000 connections with half a request on each took 83 MB.</summary>
    private const int MostConnections = 2000;

    private readonly List<string> _problems = [];
    private readonly List<string> _warnings = [];

    /// <summary>Reads all settings.</summary>
    /// <param name="problems">One line for every bad value: its name, the value, the limit, the fix. Empty when all is well.</param>
    /// <returns>The options, or null when there are problems.</returns>
    public SidecarOptions? Read(out IReadOnlyList<string> problems)
    {
        var cooldown = Length(SidecarNames.Cooldown, TimeSpan.Zero, Day);
        var maxWait = Length(SidecarNames.MaxWait, TimeSpan.FromSeconds(1), Day, mayBeForever: true);
        var port = Number(SidecarNames.Port, IPEndPoint.MinPort + 1, IPEndPoint.MaxPort);
        var options = new SidecarOptions
        {
            Log = Switch(SidecarNames.Log),
            LogFormat = Choice(SidecarNames.LogFormat, [("text", LogFormat.Text), ("json", LogFormat.Json)]),
            Interval = Length(SidecarNames.Interval, TimeSpan.FromMilliseconds(100), Day),
            Port = port,
            Drain = new DrainRules(
                Choice(SidecarNames.Trigger, [("both", DrainTrigger.Both), ("signal", DrainTrigger.Signal), ("waitz", DrainTrigger.Waitz)]),
                cooldown,
                maxWait),
            WaitzToken = Token(SidecarNames.WaitzToken),
            WaitzStatus = Number(SidecarNames.WaitzStatus, 200, 599),
            MaxWaiters = Number(SidecarNames.MaxWaiters, 1, MostConnections),
            MaxConnections = Number(SidecarNames.MaxConnections, 1, MostConnections),
            Upstream = Address(SidecarNames.Upstream, port),
            UpstreamTimeout = Length(SidecarNames.UpstreamTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)),
            Ignore = List(SidecarNames.Ignore),
            Warnings = _warnings,
        };

        if (_problems.Count == 0 && cooldown >= maxWait)
        {
            _warnings.Add(
                $"COOLDOWN {GoDuration.Text(cooldown)} cannot pass within MAX_WAIT {GoDuration.Text(maxWait)}: raise MAX_WAIT or lower COOLDOWN");
        }

        problems = _problems;
        return _problems.Count == 0 ? options : null;
    }

    private (string Text, string Named) Value(Setting setting)
    {
        if (flag(setting) is { } given)
        {
            return (given, $"{setting.Flag} {given}");
        }

        return variable(setting.Variable) is { Length: > 0 } set ? (set, $"{setting.Variable}={set}") : (setting.Default, setting.Variable);
    }

    // Where the original is replaced, a value that it took for "no" must not keep the pod from starting.
    private bool Switch(Setting setting)
    {
        var (text, named) = Value(setting);
        if (text is not ("yes" or "no" or "false" or "off" or "0"))
        {
            _warnings.Add($"{named}: only yes turns logging on; write yes or no");
        }

        return text is "yes";
    }

    private T Choice<T>(Setting setting, ReadOnlySpan<(string Text, T Value)> choices)
    {
        var (text, named) = Value(setting);
        foreach (var choice in choices)
        {
            if (text == choice.Text)
            {
                return choice.Value;
            }
        }

        _problems.Add($"{named}: must be one of {setting.Form.Replace("|", ", ", StringComparison.Ordinal)}");
        return choices[0].Value;
    }

    private int Number(Setting setting, int least, int most)
    {
        var (text, named) = Value(setting);
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        _problems.Add($"{named}: must be a whole number from {least} to {most}; write {setting.Default}, for example");
        return least;
    }

    private TimeSpan Length(Setting setting, TimeSpan least, TimeSpan most, bool mayBeForever = false)
    {
        var (text, named) = Value(setting);
        if (!Duration.TryParse(text, out var duration, out var fix))
        {
            _problems.Add($"{named}: not a duration; {fix}");
            return most;
        }

        var length = duration.ToTimeSpan();
        if (length >= least && (length <= most || (mayBeForever && duration.IsForever)))
        {
            return length;
        }

        var limits = $"from {GoDuration.Text(least)} to {GoDuration.Text(most)}{(mayBeForever ? ", or inf" : "")}";
        _problems.Add($"{named}: must be {limits}; write {setting.Default}, for example");
        return most;
    }

    private string? Token(Setting setting)
    {
        var (text, _) = Value(setting);
        if (text.AsSpan().ContainsAnyExcept(TokenCharacters))
        {
            _problems.Add($"{setting.Variable}: must be letters, digits, '-', '.', '_' and '~' only, which stand in a URL as they are");
        }

        return text.Length > 0 ? text : null;
    }

    private Uri? Address(Setting setting, int ownPort)
    {
        var (text, named) = Value(setting);
        if (text.Length == 0)
        {
            return null;
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
        {
            _problems.Add($"{named}: must be an absolute http or https URL; write http://127.0.0.1:9000/health, for example");
            return null;
        }

        if (address.IsLoopback && address.Port == ownPort)
        {
            _problems.Add($"{named}: is the sidecar itself, on port {ownPort}; write the URL of the application, or change PORT");
        }

        return address;
    }

    private IgnoreList List(Setting setting)
    {
        var (text, named) = Value(setting);
        var list = IgnoreList.Parse(text, out var problem);
        if (problem is not null)
        {
            _problems.Add($"{named}: {problem}");
        }

        return list;
    }
}
