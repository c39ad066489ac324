using System.Globalization;
using System.Text;
using Prestop.Core;

namespace Prestopd.Hosting;

/// <summary>An answer to a Prometheus server: the text format, version 0.0.4.</summary>
internal sealed class MetricsText
{
    private readonly StringBuilder _text = new(2048);

    /// <summary>A text with the program's version.</summary>
    public MetricsText() => Gauge("prestopd_build_info", "1, labelled with the version.").Add(1, ("version", ProductVersion.Text));

    /// <summary>Begins a family of counters: they only grow, until the process ends.</summary>
    /// <param name="name">Its name, with <c>_total</c> at the end.</param>
    /// <param name="help">What it counts, as a sentence.</param>
    public MetricFamily Counter(string name, string help) => Family(name, "counter", help);

    /// <summary>Begins a family of gauges: they go up and down.</summary>
    /// <param name="name">Its name, with the unit at the end.</param>
    /// <param name="help">What it measures, as a sentence.</param>
    public MetricFamily Gauge(string name, string help) => Family(name, "gauge", help);

    /// <summary>The response with all that was added.</summary>
    public HttpResponse Response() => new(200, "text/plain; version=0.0.4; charset=utf-8", Encoding.UTF8.GetBytes(_text.ToString()));

    private MetricFamily Family(string name, string type, string help)
    {
        _text.Append("# HELP ").Append(name).Append(' ').Append(Escaped(help)).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        return new MetricFamily(_text, name);
    }

    private static string Escaped(string text) => text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);

    /// <summary>A metric's values.</summary>
    /// <param name="text">Where they are added.</param>
    /// <param name="name">The metric's name.</param>
    internal readonly struct MetricFamily(StringBuilder text, string name)
    {
        /// <summary>Adds a value.</summary>
        /// <param name="value">The value.</param>
        /// <param name="labels">What tells it from the others of its family: names, and values of any characters.</param>
        /// <returns>The family, for its next value.</returns>
        public MetricFamily Add(double value, params ReadOnlySpan<(string Name, string Value)> labels)
        {
            text.Append(name);
            var separator = '{';
            foreach (var label in labels)
            {
                text.Append(separator).Append(label.Name).Append("=\"").Append(Escaped(label.Value).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
                separator = ',';
            }

            text.Append(labels.IsEmpty ? " " : "} ").Append(CultureInfo.InvariantCulture, $"{value}").Append('\n');
            return this;
        }
    }
}
