using Prestopd.Hosting;

namespace Prestopd.Tests.Hosting;

/// <summary>Signals that a test sends.</summary>
internal sealed class Signals : ISignals
{
    private readonly TaskCompletionSource<Action<string>> _receiver = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void HandTo(Action<string> receiver) => _receiver.SetResult(receiver);

    /// <summary>Sends a signal as soon as somebody listens.</summary>
    public async Task SendAsync(string name) => (await _receiver.Task)(name);
}
