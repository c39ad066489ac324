namespace Prestop.Elb.Discovery;

/// <summary>Answers that callers share: those who ask at the same time wait for the same call, and later ones take what is new enough.</summary>
/// <typeparam name="TKey">What is asked for.</typeparam>
/// <typeparam name="T">The answer.</typeparam>
/// <param name="ask">Asks; never throws but for its token.</param>
/// <param name="isFailure">Whether an answer is a failure, which nobody takes when it is older than <see cref="FailureLife"/>.</param>
/// <param name="time">The clock.</param>
internal sealed class Shared<TKey, T>(Func<TKey, CancellationToken, Task<T>> ask, Func<T, bool> isFailure, TimeProvider time) : IDisposable
    where TKey : notnull
{
    /// <summary>How long a failure is an answer: many who ask for what cannot be had cost no more than one.</summary>
    public static readonly TimeSpan FailureLife = TimeSpan.FromSeconds(5);

    private const int MostKept = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, (long Asked, Task<T> Answer)> _answers = [];
    private readonly CancellationTokenSource _stop = new();

    /// <summary>An answer whose call was begun at or after a moment.</summary>
    /// <param name="key">What is asked for.</param>
    /// <param name="oldest">A timestamp of the clock.</param>
    /// <param name="cancellation">Ends this caller's wait, not the call.</param>
    public Task<T> GetAsync(TKey key, long oldest, CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (!_answers.TryGetValue(key, out var known) || known.Asked < oldest || IsStaleFailure(known.Asked, known.Answer))
            {
                if (_answers.Count >= MostKept)
                {
                    _answers.Clear();
                }

                known = (time.GetTimestamp(), AskAsync(key));
                _answers[key] = known;
            }

            return known.Answer.WaitAsync(cancellation);
        }
    }

    /// <summary>How old the answer for a key is; null when there is none.</summary>
    public TimeSpan? Age(TKey key)
    {
        lock (_lock)
        {
            return _answers.TryGetValue(key, out var known) ? time.GetElapsedTime(known.Asked) : null;
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private bool IsStaleFailure(long asked, Task<T> answer) =>
        answer.IsCompleted && (!answer.IsCompletedSuccessfully || isFailure(answer.Result)) && time.GetElapsedTime(asked) >= FailureLife;

    private async Task<T> AskAsync(TKey key)
    {
        var stopped = _stop.Token;

        // Not in the caller's lock.
        await Task.Yield();
        return await ask(key, stopped);
    }
}
