using System.Text;
using Prestop.Core;
using Prestopd.Hosting;
using Xunit;

namespace Prestopd.Tests.Hosting;

public sealed class MetricsTextTests
{
    [Fact]
    public void A_family_has_its_help_its_type_and_its_values()
    {
        var text = new MetricsText();

        text.Counter("x_total", "Xs by kind.").Add(1, ("kind", "a"), ("code", "200")).Add(2, ("kind", "b"), ("code", "404"));
        text.Gauge("y_seconds", "Ys.").Add(0.25);

        Assert.Equal(
            $$"""
            # HELP prestopd_build_info 1, labelled with the version.
            # TYPE prestopd_build_info gauge
            prestopd_build_info{version="{{ProductVersion.Text}}"} 1
            # HELP x_total Xs by kind.
            # TYPE x_total counter
            x_total{kind="a",code="200"} 1
            x_total{kind="b",code="404"} 2
            # HELP y_seconds Ys.
            # TYPE y_seconds gauge
            y_seconds 0.25

            """.ReplaceLineEndings("\n"),
            Body(text));
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", text.Response().ContentType);
    }

    [Fact]
    public void Whatever_a_label_or_a_help_text_holds_it_ends_no_line_and_no_value()
    {
        var text = new MetricsText();

        text.Counter("x_total", "a\\b\n\"c\"").Add(1, ("name", "a\\b\n\"c\"} 2\nx_total 3"));

        Assert.EndsWith(
            "\n# HELP x_total a\\\\b\\n\"c\"\n# TYPE x_total counter\nx_total{name=\"a\\\\b\\n\\\"c\\\"} 2\\nx_total 3\"} 1\n", Body(text), StringComparison.Ordinal);
    }

    private static string Body(MetricsText text) => Encoding.UTF8.GetString(text.Response().Body.Span);
}
