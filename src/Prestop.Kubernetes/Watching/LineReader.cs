namespace Prestop.Kubernetes.Watching;

/// <summary>Cuts a stream into lines, none longer than a bound.</summary>
/// <param name="stream">The stream.</param>
/// <param name="longest">The bound, in bytes without the line's end.</param>
internal sealed class LineReader(Stream stream, int longest)
{
    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    /// <summary>
    /// The next line without its end, valid until the next call; null when the stream has ended. What stands after the last
    /// line end was cut short and is not a line.
    /// </summary>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="InvalidDataException">The line is longer than the bound.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellation)
    {
        var looked = 0;
        while (true)
        {
            var newline = _buffer.AsSpan(_start + looked, _end - _start - looked).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                ReadOnlyMemory<byte> line = _buffer.AsMemory(_start, looked + newline);
                _start += looked + newline + 1;
                return line;
            }

            looked = _end - _start;
            if (looked > longest)
            {
                throw new InvalidDataException();
            }

            MakeRoom();
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellation);
            if (read == 0)
            {
                return null;
            }

            _end += read;
        }
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, (int)Math.Min(_buffer.Length * 2L, longest + 2L));
        }
    }
}
