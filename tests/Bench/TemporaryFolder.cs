namespace Bench;

/// <summary>A folder for one run of the bench, gone with it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("prestop-bench-").FullName;

    /// <summary>The full path of <paramref name="name"/> in this folder, whether or not it exists.</summary>
    public string this[string name] => Path.Combine(_path, name);

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
