namespace Prestop.Testing;

/// <summary>The files of this repository.</summary>
public static class Repository
{
    private const string Solution = "PrestopSleep.sln";

    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = RootAbove(AppContext.BaseDirectory);

    /// <summary>The full path of a file or folder below it, whether or not it exists.</summary>
    public static string PathTo(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>The text of a file below it.</summary>
    public static string Read(params string[] parts) => File.ReadAllText(PathTo(parts));

    /// <summary>The full path of <c>out/NAME</c>, which <c>./build.sh publish</c> left: what users get is what is tested. Fails in one line where it is not there.</summary>
    public static string Published(string name) => Published(name, Root);

    internal static string Published(string name, string root)
    {
        var program = Path.Combine(root, "out", name);
        return File.Exists(program) ? program : throw new HarnessException($"out/{name} is not there: run ./build.sh publish");
    }

    internal static string RootAbove(string from)
    {
        var folder = from;
        while (folder is not null && !File.Exists(Path.Combine(folder, Solution)))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new HarnessException($"no {Solution} in {from} or above it: run this from inside the repository");
    }
}
