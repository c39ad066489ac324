using Prestop.Core;

namespace Prestopd.Controller;

/// <summary>How a pod is made to drain.</summary>
internal enum DrainMode
{
    /// <summary>Not at all.</summary>
    Off,

    /// <summary>By a preStop hook that is added when it is created.</summary>
    Inject,

    /// <summary>By holding up its deletion while it serves on without being sent anything.</summary>
    Intercept,
}

/// <summary>Whether a replacement is made before a pod of a Deployment leaves its Services.</summary>
internal enum SurgeWish
{
    /// <summary>Where no budget forbids it for ever.</summary>
    Unsaid,

    /// <summary>Also where a budget's author said never.</summary>
    On,

    /// <summary>Never.</summary>
    Off,
}

/// <summary>Which pods are drained where the mode is <see cref="DrainMode.Intercept"/>.</summary>
internal enum Exposure
{
    /// <summary>All that a Service selects.</summary>
    Service,

    /// <summary>Those whose Services load balancers send to.</summary>
    LoadBalancer,
}

/// <summary>What is wanted for a pod: by the cluster, its namespace or itself, the nearest first.</summary>
/// <param name="Mode">How it is made to drain.</param>
/// <param name="Drain">How long that may take; above zero, at most <see cref="LongestDrain"/>.</param>
/// <param name="Surge">Whether a replacement is made first.</param>
internal sealed record DrainPolicy(DrainMode Mode, TimeSpan Drain, SurgeWish Surge)
{
    /// <summary>The longest drain. A target group's deregistration takes an hour at most.</summary>
    public static readonly TimeSpan LongestDrain = TimeSpan.FromHours(1);

    /// <summary>The policy where these annotations are, those of a namespace or of a pod.</summary>
    /// <param name="annotations">The annotations.</param>
    /// <param name="problems">Gets one line for each that cannot be read: its name, its value, and what to write.</param>
    /// <returns>
    /// This policy with what the annotations say. A mode that is not known is <see cref="DrainMode.Off"/>, as for the match conditions; anything else that
    /// cannot be read is as if it were not there.
    /// </returns>
    public DrainPolicy With(IReadOnlyDictionary<string, string> annotations, ICollection<string> problems) => new(
        Read(annotations, ControllerNames.Wishes.Mode, Mode, problems, ReadMode),
        Read(annotations, ControllerNames.Wishes.Drain, Drain, problems, ReadDrain),
        Read(annotations, ControllerNames.Wishes.Surge, Surge, problems, ReadSurge));

    /// <summary>A mode by its name.</summary>
    /// <param name="name"><c>inject</c>, <c>intercept</c>, or anything else for <see cref="DrainMode.Off"/>.</param>
    public static DrainMode ModeOf(string? name) => name switch
    {
        "inject" => DrainMode.Inject,
        "intercept" => DrainMode.Intercept,
        _ => DrainMode.Off,
    };

    private delegate T Reader<T>(string text, T unsaid, out string? problem);

    private static T Read<T>(
        IReadOnlyDictionary<string, string> annotations, string name, T unsaid, ICollection<string> problems, Reader<T> read)
    {
        if (!annotations.TryGetValue(name, out var text))
        {
            return unsaid;
        }

        var value = read(text, unsaid, out var problem);
        if (problem is not null)
        {
            problems.Add($"{name}: '{text}': {problem}");
        }

        return value;
    }

    private static DrainMode ReadMode(string text, DrainMode unsaid, out string? problem)
    {
        problem = text is "inject" or "intercept" or "off" ? null : "not a mode, so nothing is done; write inject, intercept or off";
        return ModeOf(text);
    }

    private static TimeSpan ReadDrain(string text, TimeSpan unsaid, out string? problem)
    {
        if (!Duration.TryParse(text, out var drain, out problem))
        {
            return unsaid;
        }

        problem = drain == Duration.Zero ? $"a drain takes longer than 0; write {ControllerNames.Wishes.Mode}: off for none"
            : drain > Duration.FromTimeSpan(LongestDrain) ? $"longer than {Duration.FromTimeSpan(LongestDrain)}, the most there is"
            : null;
        return problem is null ? drain.ToTimeSpan() : unsaid;
    }

    private static SurgeWish ReadSurge(string text, SurgeWish unsaid, out string? problem)
    {
        problem = text is "on" or "off" ? null : "write on or off";
        return text switch
        {
            "on" => SurgeWish.On,
            "off" => SurgeWish.Off,
            _ => unsaid,
        };
    }
}
