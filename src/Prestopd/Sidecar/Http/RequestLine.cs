using System.Diagnostics;
using System.Net;
using System.Text.Unicode;

namespace Prestopd.Sidecar;

/// <summary>What a request was and how it was answered: the text of the response's body and of the log line.</summary>
/// <param name="Kind">What it was taken for.</param>
/// <param name="Path">Its path, made printable by <see cref="Prestop.Core.Messages.OneLine"/>.</param>
/// <param name="Address">The client's address, IPv4 in its own form.</param>
/// <param name="Port">The client's port.</param>
/// <param name="Status">The status of the answer.</param>
/// <param name="Hits">The requests in the window; a hit counts itself.</param>
internal readonly record struct RequestLine(RequestKind Kind, string Path, IPAddress Address, int Port, int Status, long Hits)
{
    /// <summary>Room for all that is not the path.</summary>
    public const int LengthWithoutPath = 256;

    /// <summary>The client as Go's net/http has it: <c>127.0.0.1:4711</c>, <c>[::1]:4711</c>.</summary>
    public string Remote => new IPEndPoint(Address, Port).ToString();

    /// <summary>The text in UTF-8, with a line feed.</summary>
    /// <param name="interval">The length of the window as Go prints it.</param>
    /// <param name="line">At least <see cref="LengthWithoutPath"/> bytes and three for each character of the path.</param>
    /// <returns>The bytes written.</returns>
    public int Write(string interval, Span<byte> line)
    {
        Span<byte> remote = stackalloc byte[64];
        remote = remote[..WriteRemote(remote)];
        var at = 0;
        switch (Kind)
        {
            case RequestKind.Hit:
                Append(line, ref at, "hit "u8);
                break;
            case RequestKind.Ignored:
                Append(line, ref at, "ignored "u8);
                break;
            default:
                break;
        }

        Utf8.TryWrite(line[at..], $"{Path} from ", out var written);
        at += written;
        Append(line, ref at, remote);
        if (Kind is not RequestKind.Healthz)
        {
            Utf8.TryWrite(line[at..], $" status {Status}", out written);
            at += written;
        }

        var fits = Utf8.TryWrite(line[at..], $" current rate {Hits} requests in {interval}\n", out written);
        Debug.Assert(fits, "LengthWithoutPath is too small");
        return at + written;
    }

    private static void Append(Span<byte> line, ref int at, ReadOnlySpan<byte> text)
    {
        text.CopyTo(line[at..]);
        at += text.Length;
    }

    private int WriteRemote(Span<byte> remote)
    {
        if (Address.AddressFamily is System.Net.Sockets.AddressFamily.InterNetwork)
        {
            Utf8.TryWrite(remote, $"{Address}:{Port}", out var length);
            return length;
        }

        Utf8.TryWrite(remote, $"[{Address}]:{Port}", out var bracketed);
        return bracketed;
    }
}

/// <summary>What a request is taken for.</summary>
internal enum RequestKind
{
    /// <summary>A health check: counted.</summary>
    Hit,

    /// <summary>Answered as a health check, and not counted: see <see cref="IgnoreList"/>.</summary>
    Ignored,

    /// <summary><c>/healthz</c>: the sidecar is alive.</summary>
    Healthz,

    /// <summary><c>/readyz</c>: the pod may get traffic.</summary>
    Readyz,

    /// <summary><c>/waitz</c>: wait for the end of the drain.</summary>
    Waitz,

    /// <summary><c>/metrics</c>.</summary>
    Metrics,
}
