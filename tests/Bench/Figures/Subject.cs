using Bench.Processes;

namespace Bench.Figures;

/// <summary>A program that is measured.</summary>
/// <param name="Name">As the table calls it.</param>
/// <param name="AtOnce">Does its job and exits without having to wait.</param>
/// <param name="Waiting">The same with nothing that would end the wait.</param>
internal sealed record Subject(string Name, Command AtOnce, Command Waiting)
{
    /// <summary>How many requests the server of a client has held back so far: a client waits once there is one more.</summary>
    public Func<int>? Held { get; init; }
}
