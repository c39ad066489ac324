using System.Globalization;

namespace Prestop.Kubernetes.Objects;

/// <summary>A time as <c>metav1.MicroTime</c> is written: RFC 3339 in UTC, with microseconds.</summary>
public static class MicroTime
{
    /// <summary>The time as text.</summary>
    /// <param name="time">The time.</param>
    public static string Text(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
