namespace Prestop.Core.Options;

/// <summary>An option as the parser, the help, the README and the man page know it: each is made from this, or tested against it.</summary>
/// <param name="name">The long name with its dashes: <c>--max-wait</c>.</param>
/// <param name="form">What stands for its value in help, with bars between choices: <c>D</c>, <c>text|json</c>; null for a flag.</param>
/// <param name="default">What holds when it is not given; empty for flags.</param>
/// <param name="meaning">What it does, as a phrase.</param>
/// <param name="prefix">What the environment variable begins with.</param>
public sealed class OptionSpec(string name, string? form, string @default, string meaning, string prefix = "")
{
    /// <summary>The long name with its dashes.</summary>
    public string Name => name;

    /// <summary>What stands for its value in help, with bars between choices; null for a flag.</summary>
    public string? Form => form;

    /// <summary>What holds when it is not given; empty for flags.</summary>
    public string Default => @default;

    /// <summary>What it does, as a phrase.</summary>
    public string Meaning => meaning;

    /// <summary>The environment variable that holds the value when the option is not given: <c>PRESTOP_CONNECT_TIMEOUT</c>.</summary>
    public string Variable { get; } = prefix + name.TrimStart('-').Replace('-', '_').ToUpperInvariant();

    /// <summary>The short name with its dash, when there is one.</summary>
    public string? ShortName { get; init; }

    /// <summary>Whether every occurrence counts, not just the last.</summary>
    public bool IsRepeatable { get; init; }

    /// <summary>Whether its value may be a secret, which no message repeats.</summary>
    public bool IsSecret { get; init; }

    /// <summary>The words that it takes as a value; what stands in capitals in its form stands for any value.</summary>
    public string[] Choices => form is null ? [] : form.Split('|') is { Length: > 1 } choices ? Array.FindAll(choices, choice => char.IsLower(choice[0])) : [];
}
