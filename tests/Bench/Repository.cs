namespace Bench;

/// <summary>The files of this repository.</summary>
internal static class Repository
{
    private static string Root { get; } = FindRoot();

    /// <summary>The full path of <c>out/NAME</c>, as <c>./build.sh publish</c> left it.</summary>
    public static string Published(string name) =>
        PathTo("out", name) is var path && File.Exists(path) ? path : throw new BenchException($"out/{name} is not there: run ./build.sh publish");

    public static string PathTo(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "PrestopSleep.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new BenchException($"no PrestopSleep.sln in {AppContext.BaseDirectory} or above it: run the bench from inside the repository");
    }
}
