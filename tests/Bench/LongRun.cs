namespace Bench;

/// <summary>Whether sections measure for as long as the goals say, or just long enough to be seen.</summary>
internal static class LongRun
{
    public const string Variable = "PRESTOPSLEEP_BENCH_LONG";

    public static bool IsAsked { get; } = Environment.GetEnvironmentVariable(Variable) == "1";
}
