using System.Globalization;
using Prestop.Conditions;
using Prestop.Conditions.Http;
using Prestop.Core;
using Prestop.Core.Addresses;
using Prestop.Core.Plans;
using Prestop.Core.Waiting;
using Prestop.Linux.Processes;

namespace Prestop.Options;

/// <summary>Reads a command line and the environment into a request; finds everything that is wrong with them, not just the first.</summary>
internal sealed class RequestReader
{
    private const int MostSuccesses = 1_000_000;

    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(1);

    private readonly Line _line;
    private readonly Func<string, string?> _environment;
    private readonly TimeProvider _time;
    private readonly List<string> _problems;
    private readonly bool _isMisread;

    private RequestReader(Line line, Func<string, string?> environment, TimeProvider time) =>
        (_line, _environment, _time, _problems, _isMisread) = (line, environment, time, line.Problems, line.Problems.Count > 0);

    /// <summary>Reads a request. Opens no file.</summary>
    /// <param name="words">The arguments of the process.</param>
    /// <param name="environment">Gives an environment variable's value, or null when it is not set.</param>
    /// <param name="time">The clock of the conditions.</param>
    public static Request Read(string[] words, Func<string, string?> environment, TimeProvider time)
    {
        if (Suggestions.For(words) is { } suggestions)
        {
            return new Request.Print(suggestions);
        }

        var reader = new RequestReader(Line.Read(words), environment, time);
        return reader.ReadRequest();
    }

    private Request ReadRequest()
    {
        if (_line.Help)
        {
            return new Request.Print(HelpText.Whole);
        }

        if (_line.Version)
        {
            return new Request.Print(HelpText.Version);
        }

        Request request = _line.Operands is ["install", ..] ? ReadInstall() : ReadWait();
        return _problems.Count > 0 ? new Request.Refusal(ExitCodes.Usage, _problems)
            : request;
    }

    private Request.Install ReadInstall()
    {
        if (_line.Operands.Count != 2 || _line.Operands[1].Length == 0 || _line.Command is not null)
        {
            _problems.Add("'install' needs one directory: prestop install DIR");
        }

        return new Request.Install(_line.Operands[^1]);
    }

    private Request.Wait ReadWait()
    {
        var settings = ReadConditionSettings();
        var plan = new Plan
        {
            Steps = ReadSteps(settings),
            Order = ReadOrder(),
            Max = Duration(OptionTable.Max, TimeSpan.Zero),
            Min = Duration(OptionTable.Min, TimeSpan.Zero) ?? TimeSpan.Zero,
            Interval = Duration(OptionTable.Interval, ShortestInterval) ?? new WaitingRules().Interval,
            Successes = Successes(),
            ContinueOnFailure = Choice(OptionTable.OnFailure) is "continue",
            Fallback = Duration(OptionTable.Fallback, TimeSpan.Zero),
        };
        if (plan.Min > plan.Max)
        {
            _problems.Add($"{Source(OptionTable.Min)} '{Text(OptionTable.Min)}' is above {Source(OptionTable.Max)} '{Text(OptionTable.Max)}': lower it or raise {OptionTable.Max.Name}");
        }

        var command = ReadCommand(out var unset);
        return new Request.Wait(plan, command)
        {
            CommandAsWritten = _line.Command ?? [],
            UnsetInCommand = unset,
            Grace = Duration(OptionTable.Grace, TimeSpan.Zero),
            Log = ReadLogSettings(),
            DryRun = Flag(OptionTable.DryRun),
        };
    }

    private List<Step> ReadSteps(ConditionSettings settings)
    {
        var steps = new List<Step>(_line.Operands.Count);
        foreach (var operand in _line.Operands)
        {
            if (Expanded(operand, $"step '{StepReader.ShownRefused(operand)}'") is { } text
                && StepReader.Read(text, settings, _problems) is { } step)
            {
                steps.Add(step);
            }
        }

        // A word that could not be read may have been meant as one.
        if (_line.Operands.Count == 0 && !_isMisread)
        {
            _problems.Add("missing step: give a duration or a URL, such as 'prestop 5s' or 'prestop http://127.0.0.1:8080/drained'");
        }

        return steps;
    }

    private StepOrder ReadOrder()
    {
        var any = Flag(OptionTable.Any);
        var all = Flag(OptionTable.All);
        if (any && all)
        {
            _problems.Add($"{Source(OptionTable.Any)} and {Source(OptionTable.All)} exclude each other: give one of them");
        }

        return any ? StepOrder.Any : all ? StepOrder.All : StepOrder.InOrder;
    }

    private string[] ReadCommand(out IReadOnlyList<string> unset)
    {
        if (_line.Command is [])
        {
            _problems.Add("missing command after '--': give one, or leave '--' out");
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
        Choice(OptionTable.LogTo) is "pid1",
        Choice(OptionTable.LogFormat) is "json",
        Flag(OptionTable.Silent) ? LogDetail.Failures : Flag(OptionTable.Verbose) ? LogDetail.Attempts : LogDetail.Changes);

    private ConditionSettings ReadConditionSettings() => new()
    {
        Time = _time,
        ConnectTimeout = ConnectTimeout(),
        Quiet = Duration(OptionTable.Quiet, ShortestInterval) ?? new ConditionSettings().Quiet,
        Ignored = Ignored(),
        Http = new HttpSettings
        {
            Accepted = Statuses(),
            Method = Method(),
            Headers = Headers(),
            Data = Texts(OptionTable.Data) is { Count: > 0 } data ? data : null,
            WaitsForBody = Flag(OptionTable.Body),
            AnswerTimeout = Duration(OptionTable.AnswerTimeout, ShortestInterval) is { } silence && silence <= Deadline.Longest
                ? silence
                : Timeout.InfiniteTimeSpan,
            AuthorityFile = Text(OptionTable.CaCert),
            Insecure = Flag(OptionTable.Insecure),
            UnixSocket = UnixSocket(),
        },
    };

    private TimeSpan ConnectTimeout()
    {
        var timeout = Duration(OptionTable.ConnectTimeout, ShortestInterval) ?? new ConditionSettings().ConnectTimeout;
        return timeout <= Deadline.Longest ? timeout : Timeout.InfiniteTimeSpan;
    }

    private List<AddressRange> Ignored()
    {
        var ranges = new List<AddressRange>();
        foreach (var text in Texts(OptionTable.Ignore))
        {
            foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
            {
                if (AddressRange.TryParse(part, out var range, out var problem))
                {
                    ranges.Add(range);
                }
                else
                {
                    Refuse(OptionTable.Ignore, part, problem);
                }
            }
        }

        return ranges;
    }

    private StatusSet Statuses()
    {
        if (Text(OptionTable.Status) is not { } text)
        {
            return StatusSet.Success;
        }

        var statuses = StatusSet.Parse(text);
        if (statuses is null)
        {
            Refuse(OptionTable.Status, text, "not a set of statuses; write codes from 100 to 599 and ranges, such as 200-299,410");
        }

        return statuses ?? StatusSet.Success;
    }

    private string? Method()
    {
        if (Text(OptionTable.Method) is not { } text)
        {
            return null;
        }

        if (!HeaderField.IsToken(text))
        {
            Refuse(OptionTable.Method, text, "not an HTTP method; write one word, such as POST");
        }
        else if (text is "CONNECT")
        {
            Refuse(OptionTable.Method, text, "only a proxy has an answer to it, and steps use none; write another method, such as GET");
        }

        return text;
    }

    private List<HeaderField> Headers()
    {
        var headers = new List<HeaderField>();
        foreach (var text in Texts(OptionTable.Header))
        {
            if (HeaderField.Parse(text) is not { } field)
            {
                Refuse(OptionTable.Header, text, "not a header field; write 'NAME: VALUE' on one line, in ASCII");
            }
            else if (HttpSettings.ProblemOf(field, Texts(OptionTable.Data)) is { } problem)
            {
                Refuse(OptionTable.Header, text, problem);
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

        var path = Text(OptionTable.UnixSocket);
        if (path is not null && System.Text.Encoding.UTF8.GetByteCount(path) is 0 or > LongestPath)
        {
            Refuse(OptionTable.UnixSocket, path, $"a socket's path has 1 to {LongestPath} bytes; use a shorter one");
            return null;
        }

        return path;
    }

    private int Successes()
    {
        if (Text(OptionTable.Successes) is not { } text)
        {
            return 1;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= MostSuccesses)
        {
            return count;
        }

        Refuse(OptionTable.Successes, text, $"not a count; write a whole number from 1 to {MostSuccesses}");
        return 1;
    }

    private TimeSpan? Duration(OptionRow row, TimeSpan least)
    {
        if (Text(row) is not { } text)
        {
            return null;
        }

        if (!Core.Duration.TryParse(text, out var duration, out var problem))
        {
            Refuse(row, text, $"not a duration; {problem}");
            return null;
        }

        var span = duration.ToTimeSpan();
        if (span < least)
        {
            Refuse(row, text, $"too short; write {Core.Duration.FromTimeSpan(least)} or more");
            return null;
        }

        return span;
    }

    private string? Choice(OptionRow row)
    {
        var text = Text(row);
        var choices = row.Value!.Split('|');
        if (text is not null && !choices.Contains(text))
        {
            Refuse(row, text, $"unknown; write {string.Join(" or ", choices)}");
        }

        return text;
    }

    private bool Flag(OptionRow row)
    {
        if (_line.ValuesOf(row).Count > 0)
        {
            return true;
        }

        var text = FromEnvironment(row);
        switch (text?.ToLowerInvariant())
        {
            case "1" or "true" or "yes" or "on":
                return true;
            case null or "0" or "false" or "no" or "off":
                return false;
            default:
                Refuse(row, text, "neither true nor false; write one of them");
                return false;
        }
    }

    private string? Text(OptionRow row) => Texts(row) is [.., var last] ? last : null;

    private IReadOnlyList<string> Texts(OptionRow row)
    {
        var given = _line.ValuesOf(row);
        if (given.Count == 0 && FromEnvironment(row) is { } text)
        {
            given = row.IsRepeatable ? text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [text];
        }

        return [.. given.Select(value => Expanded(value, Naming(row, value), row == OptionTable.Data)).OfType<string>()];
    }

    /// <summary>An empty variable counts as not set, and blanks at the ends do not count: a YAML block leaves a line end behind.</summary>
    private string? FromEnvironment(OptionRow row) => _environment(row.Variable)?.Trim() is { Length: > 0 } text ? text : null;

    private string Source(OptionRow row) => _line.ValuesOf(row).Count > 0 || FromEnvironment(row) is null ? row.Name : row.Variable;

    private string Naming(OptionRow row, string text) => row.IsSecret ? Source(row) : $"{Source(row)} '{text}'";

    private string? Expanded(string text, string source, bool isOfBytes = false)
    {
        var expanded = Expansion.Expand(text, _environment, out var unset);
        var problem = unset is not null ? $"environment variable {unset} is not set; set it, or write $$({unset}) for the text itself"
            : isOfBytes || ByteText.IsUtf8(expanded) ? null
            : "not UTF-8; write other bytes of a URL as %XX";
        if (problem is null)
        {
            return expanded;
        }

        Add($"{source}: {problem}");
        return null;
    }

    private void Refuse(OptionRow row, string text, string problem) => Add($"{Naming(row, text)}: {problem}");

    /// <summary>An option is read wherever it matters, and told once.</summary>
    private void Add(string problem)
    {
        if (!_problems.Contains(problem))
        {
            _problems.Add(problem);
        }
    }
}
