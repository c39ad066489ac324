namespace Prestop.Testing;

/// <summary>Lets bytes through one at a time, under the test's hand.</summary>
public sealed class Tap : IDisposable
{
    private readonly SemaphoreSlim _drops = new(0);

    /// <summary>Lets this many more bytes through.</summary>
    public void Drip(int bytes = 1) => _drops.Release(bytes);

    /// <summary>Lets all further bytes through.</summary>
    public void Open() => _drops.Release(int.MaxValue / 2);

    public void Dispose() => _drops.Dispose();

    internal Task NextAsync(CancellationToken stop) => _drops.WaitAsync(stop);
}
