using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Prestop.Kubernetes.Client;
using Prestopd.Controller.Certificates;
using Prestopd.Controller.Http;
using Prestopd.Controller.Injection;
using Prestopd.Controller.Isolation;
using Prestopd.Hosting;
using Prestopd.Tests.Sidecar;
using Xunit;

namespace Prestopd.Tests.Hosting;

/// <summary>What <c>promtool check metrics</c> and the text format ask for.</summary>
public sealed partial class MetricsLintTests
{
    // The units of promtool's list that are not base units, and abbreviations of units.
    private static readonly string[] OtherUnits =
    [
        "ms", "milliseconds", "us", "microseconds", "ns", "nanoseconds", "s", "sec", "secs", "m", "min", "mins", "minutes", "h", "hours", "d", "days", "weeks",
        "b", "kb", "mb", "gb", "kib", "mib", "gib", "kilobytes", "megabytes", "gigabytes", "kibibytes", "mebibytes", "gibibytes", "bits", "percent", "fahrenheit", "kelvin",
    ];

    private static readonly string[] Types = ["counter", "gauge", "histogram", "summary", "untyped"];

    [Theory]
    [InlineData("")]
    [InlineData("UPSTREAM=http://127.0.0.1:1/")]
    public void The_sidecars_metrics_are_in_order(string settings)
    {
        using var application = new HttpClientHandler();
        using var sidecar = new SidecarRig(settings, settings.Length > 0 ? application : null);

        var metrics = sidecar.Ask("/metrics").Body;

        Assert.Contains("# TYPE prestopd_sidecar_hits_total counter\n", metrics, StringComparison.Ordinal);
        Assert.Empty(Problems(metrics));
    }

    [Fact]
    public void The_controllers_metrics_are_in_order()
    {
        var metrics = new ControllerMetrics();
        metrics.Ruled(Reason.DrainStarted);
        metrics.Created(InjectionVerdict.HooksEverywhere);
        metrics.Drained(DrainEnding.Client, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(45));
        metrics.Drained(DrainEnding.Cancelled, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(45));
        metrics.Failed(new ApiError(ApiFault.NotFound, new ApiCall("get", "pods", "shop"), "gone"));
        var text = new MetricsText();
        metrics.AddTo(text, 3, 0, TimeSpan.FromDays(1), [new VerifiedWebhook("mutating") { Told = VerificationStage.Verified }, new VerifiedWebhook("validating")]);
        var lines = Encoding.UTF8.GetString(text.Response().Body.Span);

        Assert.Contains("\nprestopd_controller_rulings_total{reason=\"drain_started\"} 1\n", lines, StringComparison.Ordinal);
        Assert.Contains("\nprestopd_controller_injections_total{verdict=\"hooks_everywhere\"} 1\n", lines, StringComparison.Ordinal);
        Assert.Contains("\nprestopd_controller_drain_seconds_total{ending=\"cancelled\"} 5\n", lines, StringComparison.Ordinal);
        Assert.Contains("\nprestopd_controller_sleep_seconds_total 45\n", lines, StringComparison.Ordinal);
        Assert.Contains("\nprestopd_controller_api_errors_total{fault=\"not_found\"} 1\n", lines, StringComparison.Ordinal);
        Assert.Contains("\nprestopd_controller_webhook_verified{webhook=\"mutating\"} 1\nprestopd_controller_webhook_verified{webhook=\"validating\"} 0\n", lines, StringComparison.Ordinal);
        Assert.Empty(Problems(lines));
    }

    [Theory]
    [InlineData("# HELP x_total A.\n# TYPE x_total counter\nx_total 1", "the last line has no end")]
    [InlineData("# TYPE x_total counter\nx_total 1\n", "x_total: no help")]
    [InlineData("# HELP x_total A.\nx_total 1\n", "x_total: no type")]
    [InlineData("# HELP x_total A.\n# TYPE x_total counter\n", "x_total: no value")]
    [InlineData("# HELP x A.\n# TYPE x counter\nx 1\n", "x: a counter ends with _total")]
    [InlineData("# HELP x_total A.\n# TYPE x_total gauge\nx_total 1\n", "x_total: only a counter ends with _total")]
    [InlineData("# HELP x_count A.\n# TYPE x_count gauge\nx_count 1\n", "x_count: _count, _sum and _bucket belong to histograms")]
    [InlineData("# HELP x_gauge A.\n# TYPE x_gauge gauge\nx_gauge 1\n", "x_gauge: the name holds a type")]
    [InlineData("# HELP x_ms A.\n# TYPE x_ms gauge\nx_ms 1\n", "x_ms: ms is no base unit")]
    [InlineData("# HELP x_minutes_total A.\n# TYPE x_minutes_total counter\nx_minutes_total 1\n", "x_minutes_total: minutes is no base unit")]
    [InlineData("# HELP xY A.\n# TYPE xY gauge\nxY 1\n", "xY: not in snake case")]
    [InlineData("# HELP x:y A.\n# TYPE x:y gauge\nx:y 1\n", "x:y: not in snake case")]
    [InlineData("# HELP x A.\n# TYPE x gauge\nx{a=\"1\",a=\"2\"} 1\n", "x: a label twice")]
    [InlineData("# HELP x A.\n# TYPE x gauge\nx{__a=\"1\"} 1\n", "not a line: x{__a=\"1\"} 1")]
    [InlineData("# HELP x A.\n# TYPE x gauge\nx{a=\"\\t\"} 1\n", "not a line: x{a=\"\\t\"} 1")]
    [InlineData("# HELP x A.\n# TYPE x gauge\nx{a=\"1\",} 1\n", "not a line: x{a=\"1\",} 1")]
    [InlineData("# HELP x A.\n# TYPE x gauge\nx one\n", "not a line: x one")]
    [InlineData("# HELP x \n# TYPE x gauge\nx 1\n", "not a line: # HELP x ")]
    [InlineData("# HELP x A.\n# TYPE x gauge\nx{a=\"1\",b=\"2\"} 1\nx{b=\"2\",a=\"1\"} 2\n", "x: the same value twice")]
    [InlineData("# HELP x A.\n# TYPE x gauge\nx 1\ny 2\n", "y: no help")]
    [InlineData("# HELP x A.\n# TYPE x gauge\nx 1\n# HELP x A.\n# TYPE x gauge\nx{a=\"1\"} 1\n", "x: a family twice")]
    public void What_is_not_in_order_is_found(string text, string problem) => Assert.Contains(problem, Problems(text));

    /// <summary>What is wrong with an answer of <c>/metrics</c>.</summary>
    internal static IReadOnlyList<string> Problems(string text)
    {
        var problems = new List<string>();
        if (!text.EndsWith('\n'))
        {
            problems.Add("the last line has no end");
        }

        var families = new Dictionary<string, Family>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Help().Match(line) is { Success: true } help)
            {
                if (!families.TryAdd(help.Groups[1].Value, new Family { HasHelp = true }))
                {
                    problems.Add($"{help.Groups[1].Value}: a family twice");
                }
            }
            else if (Type().Match(line) is { Success: true } type)
            {
                FamilyOf(type).Type = type.Groups[2].Value;
            }
            else if (Sample().Match(line) is { Success: true } sample && double.TryParse(sample.Groups[4].Value, CultureInfo.InvariantCulture, out _))
            {
                var labels = sample.Groups[2].Captures.Zip(sample.Groups[3].Captures, (name, value) => $"{name}={value}").Order(StringComparer.Ordinal);
                if (sample.Groups[2].Captures.DistinctBy(name => name.Value).Count() < sample.Groups[2].Captures.Count)
                {
                    problems.Add($"{sample.Groups[1].Value}: a label twice");
                }

                if (!FamilyOf(sample).Values.Add(string.Join('\n', labels)))
                {
                    problems.Add($"{sample.Groups[1].Value}: the same value twice");
                }
            }
            else
            {
                problems.Add($"not a line: {line}");
            }
        }

        problems.AddRange(families.SelectMany(family => ProblemsOf(family.Key, family.Value)));
        return problems;

        Family FamilyOf(Match line) =>
            families.TryGetValue(line.Groups[1].Value, out var family) ? family : families[line.Groups[1].Value] = new Family();
    }

    private static IEnumerable<string> ProblemsOf(string name, Family family)
    {
        var words = name.Split('_');
        (bool IsWrong, string Problem)[] rules =
        [
            (!family.HasHelp, "no help"),
            (family.Type is null, "no type"),
            (family.Values.Count == 0, "no value"),
            (!SnakeCase().IsMatch(name), "not in snake case"),
            (family.Type is "counter" && words[^1] is not "total", "a counter ends with _total"),
            (family.Type is not "counter" && words[^1] is "total", "only a counter ends with _total"),
            (words[^1] is "count" or "sum" or "bucket", "_count, _sum and _bucket belong to histograms"),
            (words.Intersect(Types).Any(), "the name holds a type"),
            .. words[1..].Intersect(OtherUnits).Select(unit => (true, $"{unit} is no base unit")),
        ];
        return rules.Where(rule => rule.IsWrong).Select(rule => $"{name}: {rule.Problem}");
    }

    [GeneratedRegex("^# HELP (\\S+) [^\\s\\\\](?:[^\\\\]|\\\\[\\\\n])*$")]
    private static partial Regex Help();

    [GeneratedRegex("^# TYPE (\\S+) (counter|gauge|histogram|summary|untyped)$")]
    private static partial Regex Type();

    // Name, labels that do not begin with two underscores, and a value without a time stamp.
    [GeneratedRegex("""^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?:((?!__)[a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\n"])*)"(?:,(?!\})|(?=\})))+\})? (\S+)$""")]
    private static partial Regex Sample();

    [GeneratedRegex("^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$")]
    private static partial Regex SnakeCase();

    private sealed class Family
    {
        public bool HasHelp { get; init; }

        public string? Type { get; set; }

        public HashSet<string> Values { get; } = [];
    }
}
