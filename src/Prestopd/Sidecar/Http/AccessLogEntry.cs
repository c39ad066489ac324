using System.Net;
using System.Net.Sockets;
using Prestopd.Hosting;

namespace Prestopd.Sidecar;

/// <summary>What a request was and how it was answered: the text of the response's body and of the log line.</summary>
/// <param name="Kind">What it was taken for.</param>
/// <param name="Path">Its path, made printable by <see cref="Prestop.Core.Messages.OneLine"/>.</param>
/// <param name="Client">The client, IPv4 in its own form.</param>
/// <param name="Status">The status of the answer.</param>
/// <param name="Hits">The requests in the window; a hit counts itself.</param>
internal readonly record struct AccessLogEntry(RequestKind Kind, string Path, IPEndPoint Client, int Status, long Hits)
{
    /// <summary>Room for all that is not the path.</summary>
    public const int LengthWithoutPath = 256;

    /// <summary>The text in UTF-8, with a line feed.</summary>
    /// <param name="interval">The length of the window as Go prints it.</param>
    /// <param name="line">At least <see cref="LengthWithoutPath"/> bytes and three for each character of the path.</param>
    /// <returns>The bytes written.</returns>
    public int Write(string interval, Span<byte> line)
    {
        var text = new Utf8Text(line);
        text.Add(Kind switch { RequestKind.Hit => "hit "u8, RequestKind.Ignored => "ignored "u8, _ => default });
        text.Add(Path);
        text.Add(" from "u8);
        var isIPv6 = Client.AddressFamily is AddressFamily.InterNetworkV6;
        text.Add(isIPv6 ? "["u8 : default);
        text.Add(Client.Address);
        text.Add(isIPv6 ? "]:"u8 : ":"u8);
        text.Add(Client.Port);
        if (Kind is not RequestKind.Healthz)
        {
            text.Add(" status "u8);
            text.Add(Status);
        }

        text.Add(" current rate "u8);
        text.Add(Hits);
        text.Add(" requests in "u8);
        text.Add(interval);
        text.Add("\n"u8);
        return text.Length;
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
