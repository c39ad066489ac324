namespace Bench.Processes;

/// <summary>Programs that the system brings.</summary>
internal static class SystemProgram
{
    private static string[] Folders { get; } = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    /// <summary>The full path of <paramref name="name"/>, which the Debian package <paramref name="package"/> brings.</summary>
    public static string Find(string name, string package) =>
        Folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
        ?? throw new BenchException($"{name} is missing: apt-get install {package}");
}
