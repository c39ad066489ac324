using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Prestop.Core.Messages;

namespace Prestopd.Hosting;

/// <summary>The form of a log line.</summary>
internal enum LogFormat
{
    /// <summary><c>2006/01/02 15:04:05 message</c>, local time, as Go's log package has it and as the sidecar's original did.</summary>
    Text,

    /// <summary>One JSON object a line, UTC; its members are those of <see cref="ServerLog"/>.</summary>
    Json,
}

/// <summary>
/// The log of a server. As text, a line is the time and the message, a warning or an error with that word before it. As JSON it is an object with
/// <c>time</c> (UTC, RFC 3339), <c>level</c> (<c>info</c>, <c>warning</c>, <c>error</c>), <c>event</c>, <c>message</c> and the event's own members.
/// </summary>
/// <param name="lines">Where lines go. What it drops is told when there is room again.</param>
/// <param name="time">The wall clock.</param>
/// <param name="format">The form of the lines.</param>
/// <param name="everything">False: warnings and errors only.</param>
internal sealed class ServerLog(LineWriter lines, TimeProvider time, LogFormat format, bool everything)
{
    // The layout of Go's log package: LstdFlags.
    private const string TextTime = "yyyy/MM/dd HH:mm:ss ";

    private static readonly JsonWriterOptions Json = new() { SkipValidation = true };

    /// <summary>Whether anything but warnings and errors is logged.</summary>
    public bool IsOn => everything;

    /// <summary>Something happened as it should.</summary>
    /// <param name="name">The event, in lower case, with underscores.</param>
    /// <param name="message">The text. What cannot stand in one line is escaped.</param>
    /// <param name="members">What a program that reads the log may want of it.</param>
    public void Info(string name, string message, params ReadOnlySpan<LogMember> members)
    {
        if (everything)
        {
            Write("info", name, Line(message), members);
        }
    }

    /// <inheritdoc cref="Info(string, string, ReadOnlySpan{LogMember})"/>
    /// <param name="name">The event.</param>
    /// <param name="message">The text in UTF-8, one line, without its end.</param>
    /// <param name="members">What a program that reads the log may want of it.</param>
    public void Info(string name, ReadOnlySpan<byte> message, params ReadOnlySpan<LogMember> members)
    {
        if (everything)
        {
            Write("info", name, message, members);
        }
    }

    /// <summary>Something is probably not as it should be.</summary>
    /// <inheritdoc cref="Info(string, string, ReadOnlySpan{LogMember})"/>
    public void Warning(string name, string message, params ReadOnlySpan<LogMember> members) => Write("warning", name, Line(message), members);

    /// <summary>Something has failed.</summary>
    /// <inheritdoc cref="Info(string, string, ReadOnlySpan{LogMember})"/>
    public void Error(string name, string message, params ReadOnlySpan<LogMember> members) => Write("error", name, Line(message), members);

    private static byte[] Line(string message) => Encoding.UTF8.GetBytes(OneLine.Of(message));

    private void Write(string level, string name, ReadOnlySpan<byte> message, ReadOnlySpan<LogMember> members)
    {
        if (lines.TakeDropped() is > 0 and var dropped)
        {
            Warning("log_dropped", $"{dropped} log lines were dropped: stderr is read too slowly", new LogMember("lines", dropped));
        }

        if (format is LogFormat.Json)
        {
            WriteJson(level, name, message, members);
        }
        else
        {
            WriteText(level, message);
        }
    }

    private void WriteText(string level, ReadOnlySpan<byte> message)
    {
        const int LongestLevel = 9;
        var line = ArrayPool<byte>.Shared.Rent(TextTime.Length + LongestLevel + message.Length + 1);
        var text = new Utf8Text(line);
        time.GetLocalNow().TryFormat(line, out var length, TextTime, CultureInfo.InvariantCulture);
        text.Skip(length);
        if (level is not "info")
        {
            text.Add(level);
            text.Add(": "u8);
        }

        text.Add(message);
        text.Add("\n"u8);
        lines.Write(line.AsSpan(0, text.Length));
        ArrayPool<byte>.Shared.Return(line);
    }

    private void WriteJson(string level, string name, ReadOnlySpan<byte> message, ReadOnlySpan<LogMember> members)
    {
        var line = new ArrayBufferWriter<byte>(256 + message.Length);
        using (var json = new Utf8JsonWriter(line, Json))
        {
            json.WriteStartObject();
            json.WriteString("time"u8, time.GetUtcNow().UtcDateTime);
            json.WriteString("level"u8, level);
            json.WriteString("event"u8, name);
            json.WriteString("message"u8, message);
            foreach (var member in members)
            {
                member.Write(json);
            }

            json.WriteEndObject();
        }

        line.Write("\n"u8);
        lines.Write(line.WrittenSpan);
    }
}

/// <summary>A member of a log line in JSON, beside those that every line has.</summary>
internal readonly struct LogMember
{
    private readonly string _name;
    private readonly object? _text;
    private readonly double _number;

    /// <summary>A text.</summary>
    /// <param name="name">The member's name.</param>
    /// <param name="text">What it is made from, by ToString, where lines are JSON.</param>
    public LogMember(string name, object text) => (_name, _text) = (name, text);

    /// <summary>A number.</summary>
    /// <param name="name">The member's name; with its unit, unless it is a count.</param>
    /// <param name="number">The number.</param>
    public LogMember(string name, double number) => (_name, _number) = (name, number);

    /// <summary>Writes the member into an object.</summary>
    /// <param name="json">Where to.</param>
    public void Write(Utf8JsonWriter json)
    {
        if (_text is null)
        {
            json.WriteNumber(_name, _number);
        }
        else
        {
            json.WriteString(_name, _text.ToString());
        }
    }
}
