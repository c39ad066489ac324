namespace Prestop.Core.Waiting;

/// <summary>Plain waiting for a length of time.</summary>
public static class Pause
{
    /// <summary>
    /// Returns true once <paramref name="length"/> has passed since <paramref name="start"/>, never sooner; false when
    /// <paramref name="cancellation"/> came first.
    /// </summary>
    /// <param name="length">Any length; <see cref="TimeSpan.MaxValue"/> means for ever.</param>
    /// <param name="start">A timestamp of <paramref name="time"/>.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Ends the pause.</param>
    public static async Task<bool> UntilAsync(TimeSpan length, long start, TimeProvider time, CancellationToken cancellation)
    {
        while (true)
        {
            var left = length - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                return true;
            }

            try
            {
                await Task.Delay(Timer(left), time, cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return false;
            }
        }
    }

    /// <summary>
    /// A length of time as a timer takes it. .NET's count whole milliseconds and drop the rest, which would wake a fraction of one early.
    /// </summary>
    /// <param name="length">Not negative; <see cref="Deadline.Longest"/> stands for what is longer.</param>
    internal static TimeSpan Timer(TimeSpan length) =>
        TimeSpan.FromMilliseconds(Math.Ceiling(Math.Min(length.TotalMilliseconds, Deadline.Longest.TotalMilliseconds)));
}
