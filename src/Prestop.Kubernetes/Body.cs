namespace Prestop.Kubernetes;

/// <summary>Reads a whole answer, but never more than a bound: memory counts against the app beside which this runs.</summary>
internal static class Body
{
    private const int FirstSize = 16 * 1024;

    /// <summary>The body; null when it is longer than the bound.</summary>
    /// <param name="content">The answer's content.</param>
    /// <param name="longest">The bound, in bytes.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpContent content, int longest, CancellationToken cancellation)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellation);
        var buffer = new byte[Math.Clamp((int)Math.Min(content.Headers.ContentLength + 1 ?? 0, longest + 1L), FirstSize, longest + 1)];
        var length = 0;
        while (await stream.ReadAsync(buffer.AsMemory(length), cancellation) is > 0 and int read)
        {
            length += read;
            if (length > longest)
            {
                return null;
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, longest + 1L));
            }
        }

        return buffer.AsMemory(0, length);
    }
}
