using Xunit;

namespace BlackBox.Tests.Testing;

internal static class Processes
{
    /// <summary>Waits until a process that was killed is gone: the kernel has init reap orphans soon after, not at once.</summary>
    public static async Task GoneAsync(int process)
    {
        var deadline = TimeProvider.System.GetUtcNow().AddSeconds(30);
        while (Directory.Exists($"/proc/{process}"))
        {
            Assert.True(TimeProvider.System.GetUtcNow() < deadline, $"process {process} is still there after 30 s");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TestContext.Current.CancellationToken);
        }
    }
}
