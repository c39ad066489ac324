using System.Text;
using Prestop.Conditions;
using Prestop.Conditions.Http;
using Prestop.Core;
using Prestop.Core.Addresses;
using Prestop.Core.Options;
using Prestop.Core.Plans;
using Prestop.Core.Waiting;
using Prestop.Linux.Processes;

namespace Prestop.Options;

/// <summary>Reads a command line and the environment into an invocation; finds everything that is wrong with them, not just the first.</summary>
internal sealed class InvocationReader
{
    private const int MostSuccesses = 1_000_000;

    private static readonly string[] NodeAddresses = ["HOST_IP", "NODE_IP"];

    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(1);

    private readonly CommandLine _line;
    private readonly Func<string, string?> _environment;
    private readonly TimeProvider _time;
    private readonly OptionReader _options;
    private readonly bool _isUnclear;

    private InvocationReader(CommandLine line, Func<string, string?> environment, TimeProvider time)
    {
        (_line, _environment, _time, _isUnclear) = (line, environment, time, line.Problems.Count > 0);
        _options = new OptionReader(line, environment, Substituted);
    }

    /// <summary>Reads an invocation. Opens no file.</summary>
    /// <param name="words">The arguments of the process.</param>
    /// <param name="environment">Gives an environment variable's value, or null when it is not set.</param>
    /// <param name="time">The clock of the conditions.</param>
    public static Invocation Read(string[] words, Func<string, string?> environment, TimeProvider time)
    {
        if (Suggestions.For(words) is { } suggestions)
        {
            return new Invocation.Print(suggestions);
        }

        var reader = new InvocationReader(CommandLine.Read(words, OptionTable.Known), environment, time);
        return reader.ReadInvocation();
    }

    private Invocation ReadInvocation()
    {
        if (_line.ValuesOf(OptionTable.Help).Count > 0)
        {
            return new Invocation.Print(HelpText.Whole);
        }

        if (_line.ValuesOf(OptionTable.Version).Count > 0)
        {
            return new Invocation.Print(HelpText.Version);
        }

        Invocation invocation = _line.Operands is ["install", ..] ? ReadInstall() : ReadWait();
        return _options.Problems.Count > 0
            ? new Invocation.Refusal(ExitCodes.Usage, _options.Problems, _options.Choice(OptionTable.LogTo) is "pid1")
            : invocation;
    }

    private Invocation.Install ReadInstall()
    {
        if (_line.Operands.Count != 2 || _line.Operands[1].Length == 0 || _line.Command is not null)
        {
            _options.Add("'install' needs one directory: prestop install DIR");
        }

        return new Invocation.Install(_line.Operands[^1], _options.Flag(OptionTable.DryRun));
    }

    private Invocation.Wait ReadWait()
    {
        var settings = ReadConditionSettings();
        var plan = new Plan
        {
            Steps = ReadSteps(settings),
            Order = ReadOrder(),
            Max = Length(OptionTable.Max),
            Min = Length(OptionTable.Min) ?? TimeSpan.Zero,
            Interval = Length(OptionTable.Interval, ShortestInterval) ?? new WaitingRules().Interval,
            Successes = _options.Number(OptionTable.Successes, 1, MostSuccesses) ?? 1,
            ContinueOnFailure = _options.Choice(OptionTable.OnFailure) is "continue",
            Fallback = Length(OptionTable.Fallback),
        };
        if (plan.Min > plan.Max)
        {
            _options.Refuse(
                OptionTable.Min,
                _options.Text(OptionTable.Min)!,
                $"above {_options.Source(OptionTable.Max)} '{_options.Text(OptionTable.Max)}'; lower it or raise {OptionTable.Max.Name}");
        }

        var command = ReadCommand(out var unset);
        return new Invocation.Wait(plan, command)
        {
            CommandAsWritten = _line.Command ?? [],
            UnsetInCommand = unset,
            Grace = Length(OptionTable.Grace),
            Log = ReadLogSettings(),
            DryRun = _options.Flag(OptionTable.DryRun),
        };
    }

    private List<Step> ReadSteps(ConditionSettings settings)
    {
        var steps = new List<Step>(_line.Operands.Count);
        foreach (var operand in _line.Operands)
        {
            var text = Substituted(operand, out var problem);
            if (problem is not null)
            {
                _options.Add($"step '{StepReader.ShownRefused(operand)}': {problem}");
            }
            else if (StepReader.Read(text, settings, _options.Problems) is { } step)
            {
                steps.Add(step);
            }
        }

        // A word that could not be read may have been meant as one.
        if (_line.Operands.Count == 0 && !_isUnclear)
        {
            _options.Add("missing step: give a duration or a URL, such as 'prestop 5s' or 'prestop http://127.0.0.1:8080/drained'");
        }

        return steps;
    }

    private StepOrder ReadOrder()
    {
        var any = _options.Flag(OptionTable.Any);
        var all = _options.Flag(OptionTable.All);
        if (any && all)
        {
            _options.Add($"{_options.Source(OptionTable.Any)} and {_options.Source(OptionTable.All)} exclude each other: give one of them");
        }

        return any ? StepOrder.Any : all ? StepOrder.All : StepOrder.InOrder;
    }

    private string[] ReadCommand(out IReadOnlyList<string> unset)
    {
        if (_line.Command is [])
        {
            _options.Add("missing command after '--': give one, or leave '--' out");
        }

        // A reference to what is not set stays, as in a container's command: it may be meant for a shell, as in $(date).
        var names = new List<string>();
        unset = names;
        return [.. (_line.Command ?? []).Select(Expand)];

        string Expand(string word)
        {
            var expanded = Expansion.Expand(word, _environment, out var name);
            if (name is not null && !names.Contains(name))
            {
                names.Add(name);
            }

            return expanded;
        }
    }

    private LogSettings ReadLogSettings() => new(
        _options.Choice(OptionTable.LogTo) is "pid1",
        _options.Choice(OptionTable.LogFormat) is "json",
        _options.Flag(OptionTable.Silent) ? LogDetail.Failures : _options.Flag(OptionTable.Verbose) ? LogDetail.Attempts : LogDetail.Changes);

    private ConditionSettings ReadConditionSettings() => ReadIgnored(new ConditionSettings
    {
        Time = _time,
        Own = new OwnConnections(_time),
        ConnectTimeout = TimeOut(OptionTable.ConnectTimeout, new ConditionSettings().ConnectTimeout),
        Quiet = _options.Text(OptionTable.Quiet) is "auto" ? null : Length(OptionTable.Quiet, ShortestInterval),
        QuietUnseen = Length(OptionTable.QuietUnseen, ShortestInterval) ?? new ConditionSettings().QuietUnseen,
        Http = new HttpSettings
        {
            Accepted = Statuses(),
            Method = Method(),
            Headers = Headers(),
            Data = _options.Texts(OptionTable.Data) is { Count: > 0 } data ? data : null,
            WaitsForBody = _options.Flag(OptionTable.Body),
            AnswerTimeout = TimeOut(OptionTable.AnswerTimeout, Timeout.InfiniteTimeSpan),
            AuthorityFile = _options.Text(OptionTable.CaCert),
            Insecure = _options.Flag(OptionTable.Insecure),
            UnixSocket = UnixSocket(),
        },
    });

    private ConditionSettings ReadIgnored(ConditionSettings settings)
    {
        var ranges = new List<AddressRange>();
        var (node, none) = (false, false);
        foreach (var text in _options.Texts(OptionTable.Ignore))
        {
            foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
            {
                node |= part is "node";
                none |= part is "none";
                if (part is not ("node" or "none"))
                {
                    AddRange(ranges, part, problem => _options.Refuse(OptionTable.Ignore, part, problem));
                }
            }
        }

        foreach (var variable in node ? NodeAddresses : [])
        {
            // status.hostIPs is a list.
            foreach (var part in (_environment(variable) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                AddRange(ranges, part, problem => _options.Add($"{variable} '{part}': {problem}"));
            }
        }

        return settings with { Ignored = ranges, IgnoresGateways = node, KnowsProbes = !none };
    }

    private static void AddRange(List<AddressRange> ranges, string text, Action<string> refuse)
    {
        if (AddressRange.TryParse(text, out var range, out var problem))
        {
            ranges.Add(range);
        }
        else
        {
            refuse(problem);
        }
    }

    private StatusSet Statuses()
    {
        if (_options.Text(OptionTable.Status) is not { } text)
        {
            return StatusSet.Success;
        }

        var statuses = StatusSet.Parse(text);
        if (statuses is null)
        {
            _options.Refuse(OptionTable.Status, text, "not a set of statuses; write codes from 100 to 599 and ranges, such as 200-299,410");
        }

        return statuses ?? StatusSet.Success;
    }

    private string? Method()
    {
        if (_options.Text(OptionTable.Method) is not { } text)
        {
            return null;
        }

        if (!HeaderField.IsToken(text))
        {
            _options.Refuse(OptionTable.Method, text, "not an HTTP method; write one word, such as POST");
        }
        else if (text is "CONNECT")
        {
            _options.Refuse(OptionTable.Method, text, "only a proxy has an answer to it, and steps use none; write another method, such as GET");
        }

        return text;
    }

    private List<HeaderField> Headers()
    {
        var headers = new List<HeaderField>();
        foreach (var text in _options.Texts(OptionTable.Header))
        {
            if (HeaderField.Parse(text) is not { } field)
            {
                _options.Refuse(OptionTable.Header, text, "not a header field; write 'NAME: VALUE' on one line, in ASCII");
            }
            else if (HttpSettings.ProblemOf(field, _options.Texts(OptionTable.Data)) is { } problem)
            {
                _options.Refuse(OptionTable.Header, text, problem);
            }
            else
            {
                headers.Add(field);
            }
        }

        return headers;
    }

    private string? UnixSocket()
    {
        const int LongestPath = 107; // sockaddr_un.sun_path less its final NUL: unix(7)

        var path = _options.Text(OptionTable.UnixSocket);
        if (path is not null && System.Text.Encoding.UTF8.GetByteCount(path) is 0 or > LongestPath)
        {
            _options.Refuse(OptionTable.UnixSocket, path, $"a socket's path has 1 to {LongestPath} bytes; use a shorter one");
            return null;
        }

        return path;
    }

    private TimeSpan? Length(OptionSpec option, TimeSpan? least = null) => _options.Length(option, least ?? TimeSpan.Zero, TimeSpan.MaxValue);

    /// <summary>A length as .NET takes it for a time-out; one that no timer can run is none.</summary>
    private TimeSpan TimeOut(OptionSpec option, TimeSpan usual) =>
        Length(option, ShortestInterval) is { } length ? length <= Deadline.Longest ? length : Timeout.InfiniteTimeSpan : usual;

    private string Substituted(OptionSpec option, string text, out string? problem) =>
        Substituted(text, out problem, isOfBytes: option == OptionTable.Data);

    private string Substituted(string text, out string? problem, bool isOfBytes = false)
    {
        var expanded = Expansion.Expand(text, _environment, out var unset);
        problem = unset is not null ? $"environment variable {unset} is not set; set it, or write $$({unset}) for the text itself"
            : isOfBytes || ByteText.IsUtf8(expanded) ? null
            : "not UTF-8; write other bytes of a URL as %XX";
        return expanded;
    }
}

/// <summary>
/// <c>$(NAME)</c> from the environment, as Kubernetes replaces it in a container's command, but not in its lifecycle hooks
/// (kubernetes/kubernetes#90624). <c>$$(NAME)</c> stands for <c>$(NAME)</c> itself. Everything else is left as it is,
/// a reference to a variable that is not set too.
/// </summary>
internal static class Expansion
{
    /// <summary>Replaces the references in a text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="environment">Gives a variable's value, or null when it is not set.</param>
    /// <param name="unset">The first variable that is referred to and not set, or null.</param>
    public static string Expand(string text, Func<string, string?> environment, out string? unset)
    {
        unset = null;
        var dollar = text.IndexOf("$(", StringComparison.Ordinal);
        if (dollar < 0)
        {
            return text;
        }

        var expanded = new StringBuilder();
        var copied = 0;
        for (; dollar >= 0; dollar = text.IndexOf("$(", copied, StringComparison.Ordinal))
        {
            var close = text.IndexOf(')', dollar);
            if (close < 0)
            {
                break;
            }

            var name = text[(dollar + 2)..close];
            if (dollar > copied && text[dollar - 1] == '$')
            {
                expanded.Append(text, copied, dollar - 1 - copied).Append(text, dollar, close + 1 - dollar);
            }
            else if (environment(name) is { } value)
            {
                expanded.Append(text, copied, dollar - copied).Append(value);
            }
            else
            {
                unset ??= name;
                expanded.Append(text, copied, close + 1 - copied);
            }

            copied = close + 1;
        }

        return expanded.Append(text, copied, text.Length - copied).ToString();
    }
}
