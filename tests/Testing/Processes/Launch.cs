namespace Prestop.Testing;

/// <summary>What to execute so that a program runs in its <see cref="Place"/>.</summary>
internal sealed record Launch(string[] CommandLine, IReadOnlyDictionary<string, string> Environment) : IDisposable
{
    /// <summary>Open files beside the three standard streams: number in the new process to ours.</summary>
    public Dictionary<int, Descriptor?> Files { get; } = [];

    /// <summary>Finds the program's own process, once it has been executed, from the one that was started.</summary>
    public Func<Child, CancellationToken, Task<int>> FindProgram { get; init; } = (child, _) => Task.FromResult(child.Process);

    /// <summary>Whoever was started waits for the program, so that its CPU time is counted.</summary>
    public bool HasCpuTime { get; init; } = true;

    public void Dispose()
    {
        foreach (var file in Files.Values)
        {
            file?.Dispose();
        }
    }
}
