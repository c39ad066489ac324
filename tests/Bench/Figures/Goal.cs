using System.Globalization;

namespace Bench.Figures;

/// <summary>A figure and the limit that it must not exceed.</summary>
/// <param name="What">What was measured, and of which program.</param>
/// <param name="Figure">What it came to.</param>
/// <param name="Limit">The most that it may be.</param>
/// <param name="Format">How figure and limit are written, as .NET's composite formatting takes it.</param>
/// <param name="IsBinding">Whether a miss fails the bench. Times do not: they are the machine's as much as the program's.</param>
internal sealed record Goal(string What, double Figure, double Limit, string Format, bool IsBinding)
{
    public bool IsMissed => Figure > Limit;

    public static Goal Bytes(string what, long bytes, long limit) => new(what, bytes, limit, "{0:N0} bytes", IsBinding: true);

    public static Goal MemoryRatio(string what, double ratio, double limit) => new(what, ratio, limit, "{0:0.00} x", IsBinding: true);

    public static Goal TimeRatio(string what, double ratio, double limit) => new(what, ratio, limit, "{0:0.00} x", IsBinding: false);

    public static Goal Count(string what, int count, int limit) => new(what, count, limit, "{0:N0}", IsBinding: true);

    public static Goal Share(string what, double share, double limit) => new(what, share, limit, "{0:0.000 %}", IsBinding: true);

    /// <summary>Seconds of fake time, which are the program's alone.</summary>
    public static Goal Seconds(string what, double seconds, double limit) => new(what, seconds, limit, "{0:0.00} s", IsBinding: true);

    public static Goal Time(string what, TimeSpan time, TimeSpan limit) =>
        new(what, time.TotalMilliseconds, limit.TotalMilliseconds, "{0:0.0} ms", IsBinding: false);

    public static Table TableOf(IEnumerable<Goal> goals)
    {
        var table = new Table("Goals", ("", ""), ("measured", ""), ("at most", ""), ("", ""));
        foreach (var goal in goals)
        {
            table.Add(goal.What, goal.Written(goal.Figure), goal.Written(goal.Limit), goal.Verdict);
        }

        return table;
    }

    private string Verdict => (IsMissed, IsBinding) switch
    {
        (false, _) => "ok",
        (true, true) => "missed",
        (true, false) => "missed (a time: does not fail the bench)",
    };

    private string Written(double figure) => string.Format(CultureInfo.InvariantCulture, Format, figure);
}
