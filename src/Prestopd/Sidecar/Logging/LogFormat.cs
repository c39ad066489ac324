namespace Prestopd.Sidecar;

/// <summary>The form of a log line.</summary>
internal enum LogFormat
{
    /// <summary>As the original: <c>2006/01/02 15:04:05 message</c>, local time.</summary>
    Text,

    /// <summary>One JSON object a line, UTC; its members are those of <see cref="SidecarLog"/>.</summary>
    Json,
}
