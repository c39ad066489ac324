namespace Prestop.Testing;

/// <summary>Lets tests wait until something that other threads change is as they want it, without asking in a loop.</summary>
internal sealed class Pulse
{
    private volatile TaskCompletionSource _next = NewBeat();

    /// <summary>To be called after every change.</summary>
    public void Beat() => Interlocked.Exchange(ref _next, NewBeat()).SetResult();

    /// <summary>Completes with the first answer that is not null; asks at once and after every beat.</summary>
    public async Task<T> UntilAsync<T>(Func<T?> ask, CancellationToken stop)
    {
        while (true)
        {
            var next = _next.Task;
            if (ask() is { } answer)
            {
                return answer;
            }

            await next.WaitAsync(stop);
        }
    }

    private static TaskCompletionSource NewBeat() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
