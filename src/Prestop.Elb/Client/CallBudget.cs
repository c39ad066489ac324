using Prestop.Core.Waiting;

namespace Prestop.Elb.Client;

/// <summary>
/// How many calls may be made in a second, whoever makes them: AWS counts them by account, together with those of the load balancer
/// controller. Turns are given in the order in which they were asked for.
/// </summary>
/// <param name="perSecond">Calls a second; above zero.</param>
/// <param name="burst">How many calls may be made at once after a rest; 1 or more.</param>
/// <param name="time">The clock.</param>
public sealed class CallBudget(double perSecond, int burst, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly TimeSpan _each = TimeSpan.FromSeconds(1 / perSecond);
    private readonly long _start = time.GetTimestamp();
    private TimeSpan _nextTurn = TimeSpan.MinValue / 2;

    /// <summary>Returns when it is the caller's turn. A turn that is given up is not given to another.</summary>
    /// <param name="cancellation">Gives the turn up.</param>
    public async Task TakeAsync(CancellationToken cancellation)
    {
        TimeSpan turn;
        lock (_lock)
        {
            var earliest = time.GetElapsedTime(_start) - (_each * (burst - 1));
            turn = _nextTurn > earliest ? _nextTurn : earliest;
            _nextTurn = turn + _each;
        }

        if (!await Pause.UntilAsync(turn, _start, time, cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
        }
    }
}
