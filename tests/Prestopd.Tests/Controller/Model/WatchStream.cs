using System.Text;
using Prestop.Testing;

namespace Prestopd.Tests.Controller.Model;

/// <summary>The body of a watch's answer, as it comes.</summary>
internal sealed class WatchStream : Stream
{
    private const string Expired =
        """{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure","message":"too old resource version","reason":"Expired","code":410}}""";

    private readonly CancellationTokenSource _stop = new();
    private readonly Queue<byte[]> _pieces = [];
    private readonly FakeClock _clock;
    private readonly Faults _faults;
    private TaskCompletionSource _more = New();
    private int _read;
    private bool _isOver;
    private bool _isBroken;

    /// <param name="send">Sends the pieces until it is cancelled.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="faults">What goes wrong.</param>
    public WatchStream(Func<Func<string, Task>, CancellationToken, Task> send, FakeClock clock, Faults faults)
    {
        (_clock, _faults) = (clock, faults);
        _ = PumpAsync(send);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_pieces.TryPeek(out var piece))
            {
                var length = Math.Min(buffer.Length, piece.Length - _read);
                piece.AsSpan(_read, length).CopyTo(buffer.Span);
                _read += length;
                if (_read == piece.Length)
                {
                    _pieces.Dequeue();
                    _read = 0;
                }

                return length;
            }

            if (_isBroken)
            {
                throw new IOException("the connection broke off");
            }

            if (_isOver)
            {
                return 0;
            }

            await using var cancelled = cancellationToken.Register(Wake);
            await _more.Task;
            _more = New();
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_stop.IsCancellationRequested)
        {
            _stop.Cancel();
        }

        base.Dispose(disposing);
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task PumpAsync(Func<Func<string, Task>, CancellationToken, Task> send)
    {
        try
        {
            await send(AddAsync, _stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }

        _isOver = true;
        Wake();
    }

    private async Task AddAsync(string piece)
    {
        switch (_faults.OfWatch())
        {
            case Fault.WatchStalls:
                await Task.Delay(_faults.Pause(), _clock);
                break;
            case Fault.WatchBreaks:
                _isBroken = true;
                BreakOff();
                return;
            case Fault.WatchEnds:
                BreakOff();
                return;
            case Fault.WatchExpires:
                _pieces.Enqueue(Encoding.UTF8.GetBytes(Expired + "\n"));
                BreakOff();
                return;
            default:
                break;
        }

        if (!_stop.IsCancellationRequested)
        {
            _pieces.Enqueue(Encoding.UTF8.GetBytes(piece));
            Wake();
        }
    }

    private void BreakOff()
    {
        _isOver = true;
        _stop.Cancel();
        Wake();
    }

    private void Wake() => _more.TrySetResult();
}
