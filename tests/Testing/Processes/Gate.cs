namespace Prestop.Testing;

/// <summary>Shut until the test opens it, then open for ever.</summary>
public sealed class Gate
{
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Task Opened => _opened.Task;

    public void Open() => _opened.TrySetResult();
}
