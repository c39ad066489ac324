using System.Text.RegularExpressions;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Build;

/// <summary>What the programs were made from, as the compiler and the linker noted it.</summary>
public sealed partial class PublishedFilesTests
{
    private static readonly string Root = Repository.Root;

    [Theory]
    [InlineData("Prestop", "prestop")]
    [InlineData("Prestopd", "prestopd")]
    public void Every_pack_that_is_in_a_program_has_a_pinned_version(string project, string program)
    {
        var pinned = string.Concat(new[] { "Directory.Build.targets", "Directory.Packages.props" }.Select(file => File.ReadAllText(Path.Combine(Root, file))));

        var packs = File.ReadLines(Made(project, $"{program}.ilc.rsp"))
            .Select(line => PackOf().Match(line)).Where(match => match.Success)
            .Select(match => (Name: match.Groups["name"].Value, Version: match.Groups["version"].Value))
            .Distinct().ToList();

        Assert.Contains(packs, pack => pack.Name.Contains("ilcompiler", StringComparison.OrdinalIgnoreCase));
        Assert.All(packs, pack => Assert.Contains($"ersion=\"{pack.Version}\"", pinned, StringComparison.Ordinal));
    }

    [Fact]
    public void Most_of_the_functions_that_the_linker_is_to_order_are_there()
    {
        var names = File.ReadLines(Path.Combine(Root, "src/Static/function-order.txt")).Where(line => !line.StartsWith('#')).ToList();
        var linked = File.ReadLines(Made("Prestop", "prestop.map")).Select(line => line[(line.LastIndexOf(' ') + 1)..]).ToHashSet();

        var gone = names.Where(name => !linked.Contains(name)).ToList();

        Assert.NotEmpty(names);
        Assert.True(gone.Count < names.Count / 10, $"{gone.Count} of {names.Count} names are gone, as {string.Join(", ", gone.Take(5))}: run ./build.sh order");
    }

    /// <summary>The newest file of this name that publishing left of a project.</summary>
    private static string Made(string project, string name)
    {
        var folder = Path.Combine(Root, "artifacts/publish/obj", project);
        return Directory.Exists(folder) && Directory.EnumerateFiles(folder, name, SearchOption.AllDirectories).MaxBy(File.GetLastWriteTimeUtc) is { } newest
            ? newest
            : throw new HarnessException($"{name} is not in {folder}: run ./build.sh publish, and see whether it made a plain {project}");
    }

    /// <summary>A reference into NuGet's folder of packages: <c>-r:…/packages/NAME/VERSION/…</c>.</summary>
    [GeneratedRegex(@"^-r:.*/(?<name>[a-z0-9.\-]+)/(?<version>\d+\.\d+\.\d+[^/]*)/")]
    private static partial Regex PackOf();
}
