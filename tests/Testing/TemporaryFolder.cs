using System.Runtime.InteropServices;

namespace Prestop.Testing;

/// <summary>A folder for one test, gone with it. Programs in an empty root may read and enter it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder()
    {
        Path = Directory.CreateTempSubdirectory("prestop-test-").FullName;
        const UnixFileMode everyoneEnters = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(Path, everyoneEnters);
    }

    public string Path { get; }

    /// <summary>The full path of <paramref name="name"/> in this folder, whether or not it exists.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string Write(string name, string content)
    {
        File.WriteAllText(this[name], content);
        return this[name];
    }

    /// <summary>Makes a named pipe, which its owner alone may use, and returns its path.</summary>
    public static string MakePipe(string path) =>
        Libc.MakePipe(path, 0b110_000_000) == 0 ? path : throw new HarnessException($"{path}: no pipe: {Marshal.GetLastPInvokeErrorMessage()}");

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
