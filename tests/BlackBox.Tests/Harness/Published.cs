namespace BlackBox.Tests.Harness;

/// <summary>The programs that <c>./build.sh publish</c> left in <c>out/</c>: what users get is what is tested.</summary>
internal static class Published
{
    private const string Solution = "PrestopSleep.sln";

    /// <summary>The full path of <c>out/NAME</c>; fails the test in one line where it is not there.</summary>
    public static string Find(string name) => Find(name, AppContext.BaseDirectory);

    internal static string Find(string name, string from)
    {
        for (var folder = new DirectoryInfo(from); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, Solution)))
            {
                continue;
            }

            var program = Path.Combine(folder.FullName, "out", name);
            return File.Exists(program) ? program : throw new HarnessException($"out/{name} is not there: run ./build.sh publish");
        }

        throw new HarnessException($"no {Solution} in {from} or above it: run the tests from inside the repository");
    }
}
