using Prestop.Core;
using Prestop.Core.Plans;
using Prestop.Kubernetes.Json;
using Prestopd.Controller.Injection;

namespace Prestopd.Controller.Audit;

/// <summary>A container's preStop hook, as far as a manifest tells what it does.</summary>
/// <param name="Words">Its command; empty where it is none.</param>
/// <param name="Length">How long it takes at the most; null where that cannot be told.</param>
internal sealed record PreStopHook(IReadOnlyList<string> Words, TimeSpan? Length)
{
    private static readonly string[] Shells = ["sh", "bash", "ash", "dash"];

    /// <summary>The program's name without its folder.</summary>
    public string Program => Words.Count == 0 ? "" : Words[0][(Words[0].LastIndexOf('/') + 1)..];

    /// <summary>Whether the program is a shell.</summary>
    public bool IsShell => Shells.Contains(Program);

    /// <summary>The steps of <c>prestop</c> that watch local ports, and those ports.</summary>
    public IReadOnlyList<int> WatchedPorts =>
    [
        .. Words.Where(word => Program == "prestop" && (word.StartsWith("idle://:", StringComparison.Ordinal) || word.StartsWith("closed://:", StringComparison.Ordinal)))
            .SelectMany(word => word[(word.LastIndexOf(':') + 1)..].Split(','))
            .Select(port => int.TryParse(port, out var number) ? number : 0),
    ];

    /// <summary>How long those ports must be quiet where that does not follow the traffic, probes counted in; null where it does.</summary>
    public TimeSpan? FixedQuiet =>
        WatchedPorts.Count > 0 && Option("--ignore") is null && Duration.TryParse(Option("--quiet"), out var quiet, out _) ? quiet.ToTimeSpan() : null;

    /// <summary>The value of an option of <c>prestop</c>; null when it is not given.</summary>
    private string? Option(string name)
    {
        for (var place = 1; place < Words.Count; place++)
        {
            if (Words[place] == name && place + 1 < Words.Count)
            {
                return Words[place + 1];
            }

            if (Words[place].StartsWith($"{name}=", StringComparison.Ordinal))
            {
                return Words[place][(name.Length + 1)..];
            }
        }

        return null;
    }

    /// <summary>The hook of a container; null when it has none.</summary>
    /// <param name="container">The container.</param>
    public static PreStopHook? Of(PodContainer container)
    {
        if (container.Content.At("lifecycle", "preStop") is not { } hook)
        {
            return null;
        }

        if (hook.Number("sleep", "seconds") is { } seconds)
        {
            return new PreStopHook([], TimeSpan.FromSeconds(seconds));
        }

        var read = new PreStopHook([.. hook.Items("exec", "command").Select(word => word.Text() ?? "")], null);
        return read with { Length = read.LengthOfCommand() };
    }

    private TimeSpan? LengthOfCommand()
    {
        if (Program == "prestop")
        {
            return Option("--max") is { } max ? Time([max])
                : Words.Skip(1).Any(word => word.Contains("://", StringComparison.Ordinal)) ? Plan.ConditionMax
                : Time(Words.Skip(1).Where(word => Duration.TryParse(word, out _, out _)));
        }

        // A shell's command line, where it begins with a sleep.
        var words = IsShell && Words is [_, "-c", var script, ..] ? script.Split((char[])[' ', ';', '&', '\n'], StringSplitOptions.RemoveEmptyEntries) : [.. Words];
        return words is ["sleep" or "/bin/sleep" or "/usr/bin/sleep", ..] ? Time(words.Skip(1).TakeWhile(word => Duration.TryParse(word, out _, out _))) : null;
    }

    private static TimeSpan? Time(IEnumerable<string> texts)
    {
        var sum = Duration.Zero;
        foreach (var text in texts)
        {
            if (!Duration.TryParse(text, out var one, out _))
            {
                return null;
            }

            sum += one;
        }

        return sum == Duration.Zero ? null : sum.ToTimeSpan();
    }
}
