namespace Prestopd.Hosting;

/// <summary>
/// Writes lines to a stream without ever making the caller wait: a pipe that nobody reads must not hold up an answer or the exit.
/// </summary>
/// <param name="stream">Where to.</param>
/// <param name="capacity">The bytes to hold while the stream does not take them. What comes on top is dropped and counted.</param>
internal sealed class LineWriter(Stream stream, int capacity = 256 * 1024) : IThreadPoolWorkItem
{
    private const int FirstSize = 2048;

    private static readonly TimeSpan FlushPatience = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private byte[] _filling = new byte[FirstSize];
    private byte[] _written = new byte[FirstSize];
    private int _length;
    private TaskCompletionSource? _writing;
    private long _dropped;

    /// <summary>Lines that were dropped and not yet reported; zero as long as there is no room to report them.</summary>
    public long TakeDropped()
    {
        lock (_gate)
        {
            if (_dropped == 0 || _length > capacity / 2)
            {
                return 0;
            }

            var dropped = _dropped;
            _dropped = 0;
            return dropped;
        }
    }

    /// <summary>Adds a line.</summary>
    /// <param name="line">The line with its line feed.</param>
    /// <returns>False when it was dropped.</returns>
    public bool Write(ReadOnlySpan<byte> line)
    {
        lock (_gate)
        {
            if (_length + line.Length > capacity)
            {
                _dropped++;
                return false;
            }

            if (_length + line.Length > _filling.Length)
            {
                Array.Resize(ref _filling, Math.Min(capacity, Math.Max(_length + line.Length, _filling.Length * 2)));
            }

            line.CopyTo(_filling.AsSpan(_length));
            _length += line.Length;
            if (_writing is null)
            {
                _writing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }

            return true;
        }
    }

    /// <summary>Completes when all that was added has been written, or can never be.</summary>
    public Task FlushAsync()
    {
        lock (_gate)
        {
            return _writing?.Task ?? Task.CompletedTask;
        }
    }

    /// <summary>The same before the process ends: what is not written within 200 ms is lost, so that a reader that does not read does not hold the exit.</summary>
    /// <param name="time">The clock.</param>
    public async Task FlushAtExitAsync(TimeProvider time) =>
        await FlushAsync().WaitAsync(FlushPatience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    void IThreadPoolWorkItem.Execute()
    {
        while (TakeAll() is { IsEmpty: false } lines)
        {
            try
            {
                stream.Write(lines.Span);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // The stream is closed (EBADF is the second of the two), or its reader is gone: there is nobody to tell.
            }
        }
    }

    private ReadOnlyMemory<byte> TakeAll()
    {
        lock (_gate)
        {
            (_filling, _written) = (_written, _filling);
            var lines = _written.AsMemory(0, _length);
            _length = 0;
            if (lines.IsEmpty)
            {
                _writing!.SetResult();
                _writing = null;
            }

            return lines;
        }
    }
}
