namespace Prestopd.Sidecar;

/// <summary>One thing that can be set, by an environment variable or by a flag; the flag wins.</summary>
/// <param name="Variable">The environment variable. Empty means not set.</param>
/// <param name="Flag">The flag.</param>
/// <param name="Form">What its value looks like, for the help text.</param>
/// <param name="Default">The value when neither is given; empty when there is none.</param>
/// <param name="Meaning">What it does, for the help text.</param>
internal sealed record Setting(string Variable, string Flag, string Form, string Default, string Meaning);
