using System.Xml.Linq;
using Prestop.Testing;

namespace Architecture.Tests;

/// <summary>The folders and files of the repository.</summary>
internal static class House
{
    /// <summary>The names of the projects in <c>src</c>.</summary>
    public static IReadOnlyList<string> Projects { get; } =
        [.. Directory.EnumerateFiles(PathTo("src"), "*.csproj", SearchOption.AllDirectories).Select(path => Path.GetFileNameWithoutExtension(path)).Order()];

    public static string PathTo(params string[] parts) => Repository.PathTo(parts);

    public static string Read(params string[] parts) => Repository.Read(parts);

    public static XElement ProjectFile(string name) => XElement.Load(PathTo("src", name, name + ".csproj"));
}
