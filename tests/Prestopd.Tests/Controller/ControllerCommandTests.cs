using Prestop.Testing;
using Prestopd.Controller;
using Xunit;

namespace Prestopd.Tests.Controller;

public sealed class ControllerCommandTests : IAsyncDisposable
{
    private readonly ControllerRig _rig = new(new FakeClock());

    [Fact]
    public async Task What_fails_beside_the_answers_ends_all()
    {
        var fails = new TaskCompletionSource();
        var work = ControllerCommand.WorkAsync([new TaskCompletionSource().Task, fails.Task], _rig.Shutdown, _rig.Log);
        Assert.False(_rig.Shutdown.Released.IsCompleted);

        fails.SetException(new InvalidOperationException("nobody foresaw it"));

        Assert.False(await work);
        Assert.True(_rig.Shutdown.Released.IsCompleted);
        Assert.True(_rig.Shutdown.Dropped.IsCancellationRequested);
        Assert.Contains("InvalidOperationException: nobody foresaw it", Assert.Single(await _rig.LoggedAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_cancelled_is_no_failure()
    {
        var ends = new TaskCompletionSource();
        var work = ControllerCommand.WorkAsync([Task.CompletedTask, ends.Task], _rig.Shutdown, _rig.Log);
        Assert.False(work.IsCompleted);

        ends.SetResult();

        Assert.True(await work);
        Assert.False(_rig.Shutdown.Released.IsCompleted);
    }

    public ValueTask DisposeAsync() => _rig.DisposeAsync();
}
