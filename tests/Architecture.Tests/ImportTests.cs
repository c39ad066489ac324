using System.Xml.Linq;
using Xunit;

namespace Architecture.Tests;

public class ImportTests
{
    /// <summary>Who may import whom: the house rules in one table.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Sleep"] = [],
        ["Prestop"] = ["Prestop.Core", "Prestop.Linux", "Prestop.Http", "Prestop.Conditions"],
        ["Prestopd"] = ["Prestop.Core", "Prestop.Linux", "Prestop.Http", "Prestop.Kubernetes", "Prestop.Kubeconfig", "Prestop.Elb"],
        ["Prestop.Core"] = [],
        ["Prestop.Linux"] = ["Prestop.Core"],
        ["Prestop.Http"] = ["Prestop.Core", "Prestop.Linux"],
        ["Prestop.Conditions"] = ["Prestop.Core", "Prestop.Linux", "Prestop.Http", "Prestop.Kubernetes"],
        ["Prestop.Kubernetes"] = ["Prestop.Core", "Prestop.Http"],
        ["Prestop.Kubeconfig"] = ["Prestop.Core", "Prestop.Kubernetes"],
        ["Prestop.Elb"] = ["Prestop.Core", "Prestop.Http", "Prestop.Kubernetes"],
    };

    public static TheoryData<string> Projects => [.. House.Projects];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_the_house_allows(string project)
    {
        var references = House.ProjectFile(project).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value));

        Assert.Subset(Allowed[project].ToHashSet(), references.ToHashSet());
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_projects_source_names_only_what_the_house_allows(string project)
    {
        // A reference brings its own references along; the compiler would not mind their use.
        // Sleep compiles the duration source itself, in the namespace that it has in Core.
        var named = project == "Sleep" ? ["Prestop.Core"] : Allowed[project];
        string[] forbidden = [.. Allowed.Keys.Except(named).Where(other => other != project && other.Contains('.', StringComparison.Ordinal))];

        foreach (var file in SourceOf(project))
        {
            var source = File.ReadAllText(file);
            Assert.All(forbidden, other => Assert.False(source.Contains($"using {other}", StringComparison.Ordinal), $"{file} uses {other}"));
        }
    }

    /// <summary>Inside prestopd: servers stand on Hosting and never on each other, Hosting stands on none of them.</summary>
    [Theory]
    [InlineData("Hosting", new[] { "Sidecar", "Elb", "Controller" })]
    [InlineData("Sidecar", new[] { "Elb", "Controller" })]
    [InlineData("Elb", new[] { "Sidecar", "Controller" })]
    [InlineData("Controller", new[] { "Sidecar", "Elb" })]
    public void A_room_of_prestopd_names_no_room_that_it_must_not_know(string room, string[] forbidden)
    {
        foreach (var file in SourceOf("Prestopd").Where(file => file.Contains($"/Prestopd/{room}/", StringComparison.Ordinal)))
        {
            var source = File.ReadAllText(file);
            Assert.Contains($"namespace Prestopd.{room}", source, StringComparison.Ordinal);
            Assert.All(forbidden, other => Assert.False(source.Contains($"Prestopd.{other}", StringComparison.Ordinal), $"{file} names {other}"));
        }
    }

    [Fact]
    public void Sleep_is_made_from_its_own_folder_and_the_duration_source()
    {
        var project = House.ProjectFile("Sleep");

        string[] linked = [.. project.Descendants("Compile").Select(item => item.Attribute("Include")!.Value).Where(path => path.StartsWith("..", StringComparison.Ordinal))];

        Assert.Equal(["../Prestop.Core/Durations/Duration.cs"], linked);
        Assert.Empty(project.Descendants("PackageReference"));
    }

    [Fact]
    public void The_solution_holds_every_project()
    {
        var solution = House.Read("PrestopSleep.sln");

        var projects = new[] { "src", "tests" }
            .SelectMany(folder => Directory.EnumerateFiles(House.PathTo(folder), "*.csproj", SearchOption.AllDirectories))
            .Select(path => Path.GetFileName(path));
        Assert.All(projects, project => Assert.Contains(project, solution, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_package_version_is_one_exact_version()
    {
        var versions = XElement.Load(House.PathTo("Directory.Packages.props")).Descendants("PackageVersion");

        Assert.All(versions, version => Assert.Matches(@"^\d+(\.\d+){2,3}$", version.Attribute("Version")!.Value));
    }

    private static IEnumerable<string> SourceOf(string project) =>
        Directory.EnumerateFiles(House.PathTo("src", project), "*.cs", SearchOption.AllDirectories);
}
