using System.Globalization;

namespace Bench.Figures;

/// <summary>How figures are written in a table.</summary>
internal static class Cell
{
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    public static string Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString("0.00", CultureInfo.InvariantCulture);

    public static string Microseconds(TimeSpan time) => time.TotalMicroseconds.ToString("N1", CultureInfo.InvariantCulture);

    public static string Kibibytes(long bytes) => (bytes / 1024).ToString("N0", CultureInfo.InvariantCulture);

    public static string Seconds(double seconds) => seconds.ToString("0.0", CultureInfo.InvariantCulture);

    public static string Share(double share) => share == 0 ? "0 %" : share.ToString("0.00 %", CultureInfo.InvariantCulture);

    public static string Ratio(double figure, double reference) => (figure / reference).ToString("0.00", CultureInfo.InvariantCulture);

    public static string Ratio(TimeSpan figure, TimeSpan reference) => Ratio(figure.TotalSeconds, reference.TotalSeconds);
}
