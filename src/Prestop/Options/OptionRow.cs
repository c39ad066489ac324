namespace Prestop.Options;

/// <summary>An option as help, README, man page and parser know it.</summary>
/// <param name="Name">The long name with its dashes.</param>
/// <param name="Value">What stands for its value in help, or null for a flag.</param>
/// <param name="Default">What holds when it is not given; empty for flags.</param>
/// <param name="Meaning">What it does, as a phrase.</param>
internal sealed record OptionRow(string Name, string? Value, string Default, string Meaning)
{
    /// <summary>The short name with its dash, when there is one.</summary>
    public string? Short { get; init; }

    /// <summary>Whether every occurrence counts, not just the last.</summary>
    public bool IsRepeatable { get; init; }

    /// <summary>Whether its value may be a secret, which no message repeats.</summary>
    public bool IsSecret { get; init; }

    /// <summary>The environment variable that holds the value when the option is not given: <c>PRESTOP_CONNECT_TIMEOUT</c>.</summary>
    public string Variable { get; } = "PRESTOP_" + Name.TrimStart('-').Replace('-', '_').ToUpperInvariant();
}
