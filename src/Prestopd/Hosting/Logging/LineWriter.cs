namespace Prestopd.Hosting;

/// <summary>
/// Writes lines to a stream without ever making the caller wait: a pipe that nobody reads must not hold up an answer or the exit. A line is written at once;
/// those that come within 10 ms of the last write are written together, so that thousands a second do not cost a thread each.
/// </summary>
internal sealed class LineWriter : IThreadPoolWorkItem
{
    private const int FirstSize = 2048;

    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan FlushPatience = TimeSpan.FromMilliseconds(200);

    private readonly Stream _stream;
    private readonly int _capacity;
    private readonly ITimer _gathered;
    private readonly Lock _gate = new();
    private byte[] _filling = new byte[FirstSize];
    private byte[] _written = new byte[FirstSize];
    private int _length;
    private TaskCompletionSource? _writing;
    private bool _isGathering;
    private long _dropped;

    /// <param name="stream">Where to.</param>
    /// <param name="time">The clock.</param>
    /// <param name="capacity">The bytes to hold while the stream does not take them. What comes on top is dropped and counted.</param>
    public LineWriter(Stream stream, TimeProvider time, int capacity = 256 * 1024)
    {
        (_stream, _capacity) = (stream, capacity);
        _gathered = time.CreateTimer(static writer => ((LineWriter)writer!).EndGathering(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Lines that were dropped and not yet reported; zero as long as there is no room to report them.</summary>
    public long TakeDropped()
    {
        lock (_gate)
        {
            if (_dropped == 0 || _length > _capacity / 2)
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
            if (_length + line.Length > _capacity)
            {
                _dropped++;
                return false;
            }

            if (_length + line.Length > _filling.Length)
            {
                Array.Resize(ref _filling, Math.Min(_capacity, Math.Max(_length + line.Length, _filling.Length * 2)));
            }

            line.CopyTo(_filling.AsSpan(_length));
            _length += line.Length;
            if (!_isGathering)
            {
                Begin();
            }

            return true;
        }
    }

    /// <summary>Completes when all that was added has been written, or can never be.</summary>
    public Task FlushAsync()
    {
        lock (_gate)
        {
            if (_length > 0)
            {
                Begin();
            }

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
                _stream.Write(lines.Span);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // The stream is closed (EBADF is the second of the two), or its reader is gone: there is nobody to tell.
            }
        }
    }

    /// <summary>Begins to write, if that has not begun. Under the lock.</summary>
    private void Begin()
    {
        if (_writing is null)
        {
            _writing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private void EndGathering()
    {
        lock (_gate)
        {
            _isGathering = false;
            if (_length > 0)
            {
                Begin();
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
                _isGathering = _gathered.Change(Gathering, Timeout.InfiniteTimeSpan);
            }

            return lines;
        }
    }
}
