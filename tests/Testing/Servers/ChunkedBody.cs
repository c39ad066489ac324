using System.Text;

namespace Prestop.Testing;

/// <summary>A body that is sent piece by piece, as the API server sends a watch.</summary>
internal sealed class ChunkedBody(Stream stream, CancellationToken cancellation)
{
    public async Task WriteAsync(string text)
    {
        var piece = Encoding.UTF8.GetBytes(text);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{piece.Length:x}\r\n"), cancellation);
        await stream.WriteAsync(piece, cancellation);
        await stream.WriteAsync("\r\n"u8.ToArray(), cancellation);
        await stream.FlushAsync(cancellation);
    }

    /// <summary>Sends less than was promised.</summary>
    public async Task WriteTornAsync(string text)
    {
        var piece = Encoding.UTF8.GetBytes(text);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{piece.Length:x}\r\n"), cancellation);
        await stream.WriteAsync(piece.AsMemory(0, piece.Length / 2), cancellation);
        await stream.FlushAsync(cancellation);
    }

    public async Task EndAsync()
    {
        await stream.WriteAsync("0\r\n\r\n"u8.ToArray(), cancellation);
        await stream.FlushAsync(cancellation);
    }
}
