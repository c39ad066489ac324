using System.Buffers;

namespace Prestop.Kubernetes.Client;

/// <summary>
/// A whole answer, but never more than a bound: memory counts against the app beside which this runs. Its memory is used again
/// for the next one: arrays of this size are collected last of all.
/// </summary>
internal sealed class Body : IDisposable
{
    private const int FirstSize = 16 * 1024;

    private byte[] _buffer;
    private int _length;

    private Body(int size) => _buffer = ArrayPool<byte>.Shared.Rent(size);

    /// <summary>What was read; not to be used after <see cref="Dispose"/>.</summary>
    public ReadOnlySpan<byte> Text => _buffer.AsSpan(0, _length);

    /// <summary>The body; null when it is longer than the bound.</summary>
    /// <param name="content">The answer's content.</param>
    /// <param name="longest">The bound, in bytes.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public static async Task<Body?> ReadAsync(HttpContent content, int longest, CancellationToken cancellation)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellation);
        var body = new Body(Math.Clamp((int)Math.Min(content.Headers.ContentLength + 1 ?? 0, longest + 1L), FirstSize, longest + 1));
        try
        {
            while (await stream.ReadAsync(body._buffer.AsMemory(body._length), cancellation) is > 0 and int read)
            {
                body._length += read;
                if (body._length > longest)
                {
                    body.Dispose();
                    return null;
                }

                if (body._length == body._buffer.Length)
                {
                    body.Grow();
                }
            }

            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _length) = ([], 0);
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        Text.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
