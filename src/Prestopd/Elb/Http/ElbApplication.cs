using System.Net;
using Prestop.Core.Waiting;
using Prestop.Elb.Draining;
using Prestopd.Hosting;

namespace Prestopd.Elb;

/// <summary>Answers <c>/drain-delay</c>.</summary>
/// <param name="longestDelay">The most that a max-delay counts for.</param>
/// <param name="waits">The waits.</param>
/// <param name="places">Bounds the waits at a time.</param>
/// <param name="shutdown">Ends the service when the waits have ended.</param>
/// <param name="log">The log.</param>
/// <param name="metrics">The metrics.</param>
/// <param name="time">The clock.</param>
internal sealed class ElbApplication(
    TimeSpan longestDelay,
    DrainWaits waits,
    TwoLanes places,
    GracefulShutdown shutdown,
    ServerLog log,
    ElbMetrics metrics,
    TimeProvider time) : IRequestHandler
{
    /// <inheritdoc/>
    public ValueTask<HttpResponse> AnswerAsync(HttpRequest request) => request.Path is ElbNames.Routes.DrainDelay
        ? DelayAsync(request)
        : new(HttpResponse.Text(404, $"not found; waits are at {ElbNames.Routes.DrainDelay}\n"));

    private async ValueTask<HttpResponse> DelayAsync(HttpRequest request)
    {
        var start = time.GetTimestamp();
        var asJson = request.Header("accept"u8)?.Contains("application/json", StringComparison.OrdinalIgnoreCase) is true;
        var query = WaitQuery.Parse(request.Query);
        var reader = new WaitRequestReader(query.Value, ElbNames.Parameters.InQuery, longestDelay);
        var wanted = reader.Read();
        var wait = new LoggedWait(log, request.Client.ToString(), wanted, ElbNames.Parameters.InQuery, [.. query.Warnings, .. reader.Warnings]);
        var (outcome, seen) = wanted is null || query.Problems.Count > 0
            ? (WaitOutcome.BadRequest, string.Join('\n', query.Problems.Concat(reader.Problems)))
            : await HoldAsync(wanted, wait, start, request);

        var answer = new WaitAnswer(outcome, seen, time.GetElapsedTime(start), wait.Warnings);
        metrics.Ended(outcome, answer.Elapsed);
        wait.Ended(answer);
        return answer.Response(asJson);
    }

    private async ValueTask<(WaitOutcome Outcome, string Seen)> HoldAsync(WaitRequest wanted, LoggedWait wait, long start, HttpRequest request)
    {
        var isLoopback = IPAddress.IsLoopback(request.Client.Address);
        if (!places.TryEnter(isLoopback))
        {
            return (WaitOutcome.TooMany, $"{places.Most} wait already, as many as {ElbNames.MaxWaits.Name} allows; ask again");
        }

        try
        {
            if (!shutdown.TryBegin())
            {
                return (WaitOutcome.Stopping, "this replica ends; ask again");
            }

            try
            {
                wait.Begins();
                using var calledOff = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted, shutdown.Dropped);
                var result = await waits.WaitAsync(wanted.Drain, Deadline.After(wanted.MaxDelay, start, time), wait, calledOff.Token);
                return (WaitAnswer.OutcomeOf(result.End, isDropped: !request.Aborted.IsCancellationRequested), result.Seen);
            }
            finally
            {
                shutdown.End();
            }
        }
        finally
        {
            places.Leave(isLoopback);
        }
    }
}
