using System.Globalization;

namespace Prestop.Core.Options;

/// <summary>Replaces what stands for something else in a value; the value as it is where nothing does.</summary>
/// <param name="option">The option that has the value.</param>
/// <param name="text">The value as it was written.</param>
/// <param name="problem">What cannot be replaced, with the fix; null when all was.</param>
public delegate string Substitution(OptionSpec option, string text, out string? problem);

/// <summary>
/// The values of options: from the command line, else from the environment, else none. What cannot be used becomes a line that names the option or
/// variable, the value, unless it may be secret, the limit and the fix; reading goes on, so that everything that is wrong is told at once.
/// </summary>
/// <param name="line">The command line; its problems are the first.</param>
/// <param name="environment">Gives an environment variable's value, or null when it is not set.</param>
/// <param name="substitute">Replaces references in values.</param>
public sealed class OptionReader(CommandLine line, Func<string, string?> environment, Substitution? substitute = null)
{
    /// <summary>What is wrong, a line each.</summary>
    public List<string> Problems => line.Problems;

    /// <summary>Gives an environment variable's value, or null when it is not set; for those that belong to no option.</summary>
    public Func<string, string?> Environment => environment;

    /// <summary>Whether a flag is given, or its variable says so.</summary>
    /// <param name="option">A flag.</param>
    public bool Flag(OptionSpec option)
    {
        if (line.ValuesOf(option).Count > 0)
        {
            return true;
        }

        var text = FromEnvironment(option);
        switch (text?.ToLowerInvariant())
        {
            case "1" or "true" or "yes" or "on":
                return true;
            case null or "0" or "false" or "no" or "off":
                return false;
            default:
                Refuse(option, text, "neither true nor false; write one of them");
                return false;
        }
    }

    /// <summary>The value of an option, the last where there are several; null when it is not given.</summary>
    /// <param name="option">An option with a value.</param>
    public string? Text(OptionSpec option) => Texts(option) is [.., var last] ? last : null;

    /// <summary>Every value of an option; of one that is repeatable, a variable holds one in each of its lines.</summary>
    /// <param name="option">An option with a value.</param>
    public IReadOnlyList<string> Texts(OptionSpec option)
    {
        var given = line.ValuesOf(option);
        if (given.Count == 0 && FromEnvironment(option) is { } text)
        {
            given = option.IsRepeatable ? text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [text];
        }

        if (substitute is null || given.Count == 0)
        {
            return given;
        }

        var values = new List<string>(given.Count);
        foreach (var value in given)
        {
            var substituted = substitute(option, value, out var problem);
            if (problem is null)
            {
                values.Add(substituted);
            }
            else
            {
                Refuse(option, value, problem);
            }
        }

        return values;
    }

    /// <summary>One of an option's <see cref="OptionSpec.Choices"/>; null when it is not given or none of them.</summary>
    /// <param name="option">An option whose values are few.</param>
    public string? Choice(OptionSpec option)
    {
        var text = Text(option);
        if (text is null || Array.IndexOf(option.Choices, text) >= 0)
        {
            return text;
        }

        Refuse(option, text, $"unknown; write {string.Join(" or ", option.Choices)}");
        return null;
    }

    /// <summary>A length of time; null when it is not given or cannot be used.</summary>
    /// <param name="option">An option whose value is a duration.</param>
    /// <param name="least">The least that can be used.</param>
    /// <param name="most">The most; for ever is more than any other.</param>
    /// <param name="orForever">Whether for ever can be used all the same.</param>
    public TimeSpan? Length(OptionSpec option, TimeSpan least, TimeSpan most, bool orForever = false)
    {
        if (Text(option) is not { } text)
        {
            return null;
        }

        var length = LengthIn(text, least, most, out var problem, orForever);
        if (problem is not null)
        {
            Refuse(option, text, problem);
        }

        return length;
    }

    /// <summary>A length of time that somebody wrote; null when it cannot be used.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="least">The least that can be used.</param>
    /// <param name="most">The most.</param>
    /// <param name="problem">The limit and the fix; null when it can be used.</param>
    /// <param name="orForever">Whether for ever can be used all the same.</param>
    public static TimeSpan? LengthIn(string text, TimeSpan least, TimeSpan most, out string? problem, bool orForever = false)
    {
        if (!Duration.TryParse(text, out var duration, out var hint))
        {
            problem = $"not a duration; {hint}";
            return null;
        }

        var length = duration.ToTimeSpan();
        problem = length < least ? $"too short; write {Duration.FromTimeSpan(least)} or more"
            : length > most && !(orForever && duration.IsForever) ? $"too long; write {Duration.FromTimeSpan(most)} or less{(orForever ? ", or inf" : "")}"
            : null;
        return problem is null ? length : null;
    }

    /// <summary>A whole number; null when it is not given or cannot be used.</summary>
    /// <param name="option">An option whose value is a number.</param>
    /// <param name="least">The least that can be used; not negative.</param>
    /// <param name="most">The most.</param>
    public int? Number(OptionSpec option, int least, int most)
    {
        if (Text(option) is not { } text)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        Refuse(option, text, $"write a whole number from {least} to {most}");
        return null;
    }

    /// <summary>Who gave the value: the option's name, or that of its variable.</summary>
    /// <param name="option">Any option.</param>
    public string Source(OptionSpec option) =>
        line.ValuesOf(option).Count > 0 || FromEnvironment(option) is null ? option.Name : option.Variable;

    /// <summary>Adds the line that says why a value cannot be used.</summary>
    /// <param name="option">The option.</param>
    /// <param name="text">Its value.</param>
    /// <param name="problem">The limit and the fix.</param>
    public void Refuse(OptionSpec option, string text, string problem) => Add(Remark(option, text, problem));

    /// <summary>A line about a value: who gave it, the value, unless it may be secret, and what there is to say of it.</summary>
    /// <param name="option">The option.</param>
    /// <param name="text">Its value.</param>
    /// <param name="remark">What there is to say, with the fix.</param>
    public string Remark(OptionSpec option, string text, string remark) =>
        option.IsSecret ? $"{Source(option)}: {remark}" : $"{Source(option)} '{text}': {remark}";

    /// <summary>Adds a line to <see cref="Problems"/>, once: an option may be read wherever it matters.</summary>
    /// <param name="problem">The line.</param>
    public void Add(string problem)
    {
        if (!Problems.Contains(problem))
        {
            Problems.Add(problem);
        }
    }

    /// <summary>An empty variable counts as not set, and blanks at the ends do not count: a YAML block leaves a line end behind.</summary>
    private string? FromEnvironment(OptionSpec option) => environment(option.Variable)?.Trim() is { Length: > 0 } text ? text : null;
}
