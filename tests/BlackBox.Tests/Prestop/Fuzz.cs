using System.Globalization;

namespace BlackBox.Tests.Prestop;

/// <summary>What the fuzz tests share.</summary>
internal static class Fuzz
{
    private static readonly string[] Leaks = ["Unhandled", "unforeseen", "   at ", "net_", "Arg_", "Argument_", "ArgumentOutOfRange_", "IO_", "SR."];

    /// <summary>The seed of this run: PRESTOPSLEEP_SEED, or another one each time.</summary>
    public static int Seed { get; } = Variable("PRESTOPSLEEP_SEED") ?? Random.Shared.Next();

    /// <summary>A whole number from the environment.</summary>
    public static int? Variable(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>True for a line that a person wrote for a person, or for a JSON object.</summary>
    public static bool IsClear(string line) =>
        (line.StartsWith("prestop: ", StringComparison.Ordinal) || line == "Try 'prestop --help' for more information."
            || line.StartsWith("{\"time\":", StringComparison.Ordinal))
        && !Leaks.Any(leak => line.Contains(leak, StringComparison.Ordinal));
}
