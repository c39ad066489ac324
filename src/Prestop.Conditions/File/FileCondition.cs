using Prestop.Core.Waiting;
using Prestop.Linux.Files;

namespace Prestop.Conditions;

/// <summary>Met when something is at a path, behind symbolic links if there are any.</summary>
/// <param name="path">An absolute path.</param>
internal sealed class FileCondition(string path) : ICondition
{
    /// <inheritdoc/>
    public async ValueTask<Observation> AskAsync(CancellationToken cancellation)
    {
        // On another thread, since a network file system whose server is gone may never answer.
        var finding = await Task.Run(() => FileSearch.LookFor(path), cancellation);
        return finding switch
        {
            FileFinding.Exists => new(Finding.Met, "exists"),
            FileFinding.Absent => new(Finding.NotMet, "does not exist"),
            FileFinding.Forbidden => new(Finding.Unclear, "permission denied on the way to it"),
            _ => new(Finding.Unclear, "cannot be looked at"),
        };
    }
}
