namespace Prestop.Core.Waiting;

/// <summary>What ends a wait from outside: a deadline or the caller, and afterwards it can be told which.</summary>
public sealed class Limit : IDisposable
{
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _either;
    private readonly CancellationToken _caller;

    internal Limit(TimeSpan left, TimeProvider time, CancellationToken caller)
    {
        _caller = caller;
        _timer = new CancellationTokenSource(left, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(caller, _timer.Token);
    }

    /// <summary>Cancelled by whichever comes first.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>How a wait that was ended by <see cref="Token"/> ended. The caller's word counts before the deadline's.</summary>
    public WaitEnd End => _caller.IsCancellationRequested ? WaitEnd.Cancelled : WaitEnd.DeadlineExceeded;

    /// <inheritdoc/>
    public void Dispose()
    {
        _either.Dispose();
        _timer.Dispose();
    }
}
