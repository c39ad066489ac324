using Prestop.Core.Waiting;

namespace Prestopd.Hosting;

/// <summary>Does something again and again.</summary>
internal static class Periodic
{
    /// <summary>Does it at once, and again after each pause, until it is cancelled; that is no failure.</summary>
    /// <param name="pause">From the end of one time to the next.</param>
    /// <param name="work">What is done.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task RunAsync(TimeSpan pause, Func<CancellationToken, Task> work, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            do
            {
                await work(cancellation);
            }
            while (await Pause.UntilAsync(pause, time.GetTimestamp(), time, cancellation));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }
    }
}
