using Prestop.Kubernetes.Watching;
using Prestop.Testing;
using Prestop.Testing.Cluster;

namespace Prestopd.Tests.Controller.Model;

/// <summary>A whole replica of the controller: its informers, its drains and its answers, on a clock of its own.</summary>
internal sealed class ModelReplica : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<TaskCompletionSource<byte[]>> _asked = [];
    private readonly ControllerRig _rig;
    private readonly Task[] _running;

    public ModelReplica(FakeClock clock, LoopbackCluster cluster, Faults faults, Random random)
    {
        Clock = new ModelClock(clock);
        Handler = new ModelHandler(cluster, ApiUser.ServiceAccount("prestop", "prestopd"), clock, faults);
        _rig = new ControllerRig(Clock, Handler, random: random);
        _running = [_rig.Later.RunAsync(_stop.Token), _rig.Watch.RunAsync(_rig.Drains, new InformerSettings { Time = Clock, Random = random }, _stop.Token)];
    }

    public ModelClock Clock { get; }

    public ModelHandler Handler { get; }

    public bool IsAlive { get; private set; } = true;

    /// <summary>Whether the API server asks it: it has seen all that there is.</summary>
    public bool IsReady => IsAlive && _rig.Watch.IsSynced;

    /// <summary>Answers a review.</summary>
    /// <exception cref="HttpRequestException">It was killed meanwhile.</exception>
    public async Task<byte[]> ReviewAsync(WebhookCall call, CancellationToken cancellation)
    {
        var answer = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked.Add(answer);
        await using var cancelled = cancellation.Register(() => answer.TrySetCanceled(cancellation));
        _ = AnswerAsync(call, answer);
        try
        {
            return await answer.Task;
        }
        finally
        {
            _asked.Remove(answer);
        }
    }

    /// <summary>Ends it at once: what it was asked is not answered, what it has sent arrives.</summary>
    public async ValueTask DisposeAsync()
    {
        IsAlive = false;

        // On this thread: the clock knows no other.
#pragma warning disable CA1849
        _stop.Cancel();
#pragma warning restore CA1849
        Handler.Sever();
        foreach (var each in _asked.ToList())
        {
            each.TrySetException(new HttpRequestException("the connection broke off"));
        }

        await Task.WhenAll(_running);
        await _rig.DisposeAsync();
        _stop.Dispose();
        Handler.Dispose();
    }

    private async Task AnswerAsync(WebhookCall call, TaskCompletionSource<byte[]> answer)
    {
        try
        {
            answer.TrySetResult(await _rig.ReviewAsync(call));
        }
        catch (Exception thrown) when (thrown is HttpRequestException or ObjectDisposedException)
        {
            answer.TrySetException(new HttpRequestException(thrown.Message));
        }
    }
}
