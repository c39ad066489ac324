using System.Globalization;
using System.Text;

namespace Prestop.Testing;

/// <summary>Scripts for a <see cref="FaultyServer"/>: the right answers and the wrong ones.</summary>
public static class Answer
{
    private static string[] Close { get; } = ["Connection: close"];

    /// <summary>A whole answer with Content-Length. <paramref name="keepAlive"/> leaves the connection for <see cref="InTurn"/>.</summary>
    public static Script Status(int status, string body = "", bool keepAlive = false, params string[] headers) =>
        Raw(Head(status, [$"Content-Length: {Encoding.UTF8.GetByteCount(body)}", .. keepAlive ? [] : Close, .. headers]) + body);

    /// <summary>An answer whose body comes in chunks.</summary>
    public static Script Chunked(int status, params string[] chunks) =>
        Raw(Head(status, ["Transfer-Encoding: chunked", .. Close])
            + string.Concat(chunks.Select(chunk =>
                $"{Encoding.UTF8.GetByteCount(chunk).ToString("x", CultureInfo.InvariantCulture)}\r\n{chunk}\r\n"))
            + "0\r\n\r\n");

    /// <summary>An answer whose body ends where the connection does.</summary>
    public static Script UntilClose(int status, string body) => Raw(Head(status, Close) + body);

    public static Script Redirect(string location, int status = 302) => Status(status, headers: $"Location: {location}");

    /// <summary>These answers one after the other on the same connection; all but the last must be keepAlive.</summary>
    public static Script InTurn(params Script[] answers) => async conversation =>
    {
        foreach (var answer in answers)
        {
            await answer(conversation);
        }
    };

    /// <summary>Reads the request, then says nothing until the test opens the gate.</summary>
    public static Script Held(Gate gate, int status = 200, string body = "") => async conversation =>
    {
        await conversation.ReadRequestAsync();
        await gate.Opened.WaitAsync(conversation.ServerStops);
        await conversation.SendAsync(Head(status, [$"Content-Length: {Encoding.UTF8.GetByteCount(body)}", .. Close]) + body);
    };

    /// <summary>Reads the request and never answers; ends when the client hangs up.</summary>
    public static Script Silence { get; } = async conversation =>
    {
        await conversation.ReadRequestAsync();
        await conversation.UntilHangUpAsync();
    };

    /// <summary>Accepts the connection and never reads a byte from it.</summary>
    public static Script NeverRead { get; } = conversation => Task.Delay(Timeout.Infinite, conversation.ServerStops);

    /// <summary>Sends these bytes, whatever they mean, in answer to a request.</summary>
    public static Script Raw(string bytes) => async conversation =>
    {
        await conversation.ReadRequestAsync();
        await conversation.SendAsync(bytes);
    };

    /// <summary>A good answer that comes byte by byte, each when the test lets it drip.</summary>
    public static Script Trickle(Tap tap, int status = 200, string body = "") => async conversation =>
    {
        await conversation.ReadRequestAsync();
        foreach (var next in Encoding.UTF8.GetBytes(Head(status, [$"Content-Length: {Encoding.UTF8.GetByteCount(body)}", .. Close]) + body))
        {
            await tap.NextAsync(conversation.ServerStops);
            await conversation.SendAsync(new[] { next });
        }
    };

    /// <summary>Bytes that are no HTTP at all.</summary>
    public static Script Garbage { get; } = async conversation =>
    {
        await conversation.ReadRequestAsync();
        await conversation.SendAsync(new byte[] { 0x16, 0x03, 0x01, 0x00, 0xff, 0x0a, 0x00, 0x0a, 0x0d, 0x0a });
    };

    /// <summary>A header of this many bytes, in an answer that is good otherwise.</summary>
    public static Script HugeHeader(int bytes) => Status(200, headers: $"X-Huge: {new string('x', bytes)}");

    /// <summary>A head that never ends.</summary>
    public static Script EndlessHead { get; } = Endless("HTTP/1.1 200 Scripted\r\n", $"X-More: {new string('x', 1000)}\r\n");

    /// <summary>A body that never ends.</summary>
    public static Script EndlessBody { get; } = Endless(Head(200, ["Connection: close"]), new string('x', 1000));

    /// <summary>Closes the connection when it is made.</summary>
    public static Script CloseAtOnce { get; } = _ => Task.CompletedTask;

    /// <summary>Reads the request and closes without a byte of answer.</summary>
    public static Script CloseUnanswered { get; } = conversation => conversation.ReadRequestAsync();

    /// <summary>Closes in the middle of a header.</summary>
    public static Script CloseInHead { get; } = Raw("HTTP/1.1 200 Scripted\r\nContent-Le");

    /// <summary>Promises 1000 bytes of body, sends 4 and closes.</summary>
    public static Script CloseInBody { get; } = Raw(Head(200, ["Content-Length: 1000"]) + "half");

    /// <summary>Reads the request and resets the connection.</summary>
    public static Script Reset { get; } = async conversation =>
    {
        await conversation.ReadRequestAsync();
        conversation.Reset();
    };

    private static string Head(int status, string[] headers) =>
        $"HTTP/1.1 {status} Scripted\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n";

    private static Script Endless(string start, string again) => async conversation =>
    {
        await conversation.ReadRequestAsync();
        await conversation.SendAsync(start);
        while (true)
        {
            await conversation.SendAsync(again);
        }
    };
}
