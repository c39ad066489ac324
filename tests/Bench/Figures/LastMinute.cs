using System.Globalization;
using System.Text;

namespace Bench.Figures;

/// <summary>A pod's last minute with one hook.</summary>
/// <param name="Lag">Seconds from the delete until the balancer stops sending to the pod.</param>
/// <param name="Hook">The hook, as the README calls it.</param>
/// <param name="Requests">How many were sent, to all pods.</param>
/// <param name="Failed">How many of them failed.</param>
/// <param name="Seconds">From the delete to SIGTERM, on average, to a tenth.</param>
internal sealed record LastMinute(double Lag, string Hook, long Requests, long Failed, double Seconds)
{
    private const int Left = 210, Top = 54, RowHeight = 26, BarHeight = 16, Right = 180, Width = 820;

    /// <summary>The picture of several, an SVG that is readable on light and on dark ground: one panel a lag, one bar a hook.</summary>
    public static string Draw(IReadOnlyList<LastMinute> all)
    {
        var panels = all.GroupBy(one => one.Lag).ToList();
        var height = Top + panels.Sum(panel => (panel.Count() * RowHeight) + 52) - 12;
        var scale = (Width - Left - Right) / Math.Ceiling(all.Max(one => Math.Max(one.Seconds, one.Lag)));
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $$"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{Width}} {{height}}" width="{{Width}}" height="{{height}}" role="img" aria-labelledby="title">
            <title id="title">When each hook lets a pod go, and what is lost by then</title>
            <style>
            text { font: 13px system-ui, sans-serif; fill: #1f2328 } .small { font-size: 11px; fill: #59636e } .head { font-weight: 600 }
            .serves { fill: #2da44e } .lost { fill: #cf222e } .waits { fill: #9a9fa6 } .line { stroke: #59636e; stroke-dasharray: 3 3 } .bad { fill: #cf222e; font-weight: 600 }
            @media (prefers-color-scheme: dark) { text { fill: #f0f6fc } .small { fill: #9198a1 } .serves { fill: #3fb950 } .lost, .bad { fill: #ff6b63 } .waits { fill: #6e7681 } .line { stroke: #9198a1 } }
            </style>

            """);
        svg.Append(Key(Left, "serves", "serves, and is sent requests")).Append(Key(Left + 200, "waits", "serves, asked by nobody")).Append(Key(Left + 380, "lost", "gone: requests fail"));
        var top = Top;
        foreach (var panel in panels)
        {
            var rows = panel.ToList();
            var stop = Left + (panel.Key * scale);
            svg.Append(Text(8, top + 2, "head", $"The balancer stops after {Number(panel.Key)} s"));
            svg.Append(CultureInfo.InvariantCulture, $"""<line class="line" x1="{stop:0.#}" x2="{stop:0.#}" y1="{top - 6}" y2="{top + 14 + (rows.Count * RowHeight)}"/>{"\n"}""");
            foreach (var (row, place) in rows.Select((row, place) => (row, place)))
            {
                svg.Append(row.Bar(top + 14 + (place * RowHeight), scale));
            }

            top += (rows.Count * RowHeight) + 52;
        }

        return svg.Append("</svg>\n").ToString();
    }

    /// <summary>The row of a Markdown table.</summary>
    public string Row => string.Create(CultureInfo.InvariantCulture, $"| {Number(Lag)} s | {Hook} | {Requests:N0} | {Failed:N0} | {Seconds:0.0} s |");

    /// <summary>Reads what <see cref="Row"/> wrote; null where a line is no such row.</summary>
    public static LastMinute? Read(string line) =>
        line.Split('|', StringSplitOptions.TrimEntries) is ["", var lag, var hook, var requests, var failed, var seconds, ""]
        && double.TryParse(lag.TrimEnd('s'), CultureInfo.InvariantCulture, out var lagSeconds)
        && long.TryParse(requests, NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var requestCount)
        && long.TryParse(failed, NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var failedCount)
        && double.TryParse(seconds.TrimEnd('s'), CultureInfo.InvariantCulture, out var toSigterm)
            ? new LastMinute(lagSeconds, hook, requestCount, failedCount, toSigterm)
            : null;

    private string Lost => Failed == 0 ? "none failed" : string.Create(CultureInfo.InvariantCulture, $"{Failed:N0} failed");

    private string Bar(int top, double scale)
    {
        var (end, stop) = (Left + (Seconds * scale), Left + (Lag * scale));
        var middle = top + BarHeight - 4;
        return Text(8, middle, "", Hook.Replace("`", "", StringComparison.Ordinal))
            + Part("serves", Left, Math.Min(end, stop), top) + Part("waits", stop, end, top) + Part("lost", end, stop, top)
            + Text(Math.Max(end, stop) + 8, middle, "", $"""<tspan{(Failed > 0 ? " class=\"bad\"" : "")}>{Lost}</tspan><tspan class="small" dx="8">SIGTERM {Number(Seconds)} s</tspan>""");
    }

    private static string Part(string kind, double from, double to, int top) => to - from < 0.5
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $"""<rect class="{kind}" x="{from:0.#}" y="{top}" width="{to - from:0.#}" height="{BarHeight}" rx="2"/>{"\n"}""");

    private static string Key(int left, string kind, string meaning) => Part(kind, left, left + 14, 12) + Text(left + 20, 24, "small", meaning);

    private static string Text(double left, double baseline, string kind, string text) =>
        string.Create(CultureInfo.InvariantCulture, $"""<text{(kind.Length == 0 ? "" : $" class=\"{kind}\"")} x="{left:0.#}" y="{baseline:0.#}">{text}</text>{"\n"}""");

    private static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
