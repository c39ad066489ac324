using System.Text.RegularExpressions;
using k8s;
using YamlDotNet.RepresentationModel;

namespace Manifests.Tests;

/// <summary>A YAML document that readers of this repository apply to a cluster: of a file, or of a block in a README.</summary>
/// <param name="File">The file, from the repository's root.</param>
/// <param name="Place">Which one of the file.</param>
/// <param name="Text">The document.</param>
internal sealed partial record Manifest(string File, string Place, string Text)
{
    /// <summary>Kinds of custom resources, which the client library does not know. They are only parsed.</summary>
    private static readonly string[] CustomKinds = ["Gateway", "HTTPRoute", "Kustomization", "ServiceMonitor", "TargetGroupBinding"];

    /// <summary>All of <c>examples/</c> and <c>deploy/</c>, and every block of a README that is a whole object.</summary>
    public static IReadOnlyList<Manifest> All { get; } =
    [
        .. Files("*.yaml").Where(file => !ChartValues.IsChart(file)).SelectMany(file => Split(file, Repository.Read(file), 1)),
        .. Readmes.SelectMany(Blocks).Where(block => block.Text.StartsWith("apiVersion:", StringComparison.Ordinal)),
    ];

    /// <summary>The READMEs and the pages of <c>docs/</c>: what holds manifests and lines to paste.</summary>
    public static IEnumerable<string> Readmes =>
        ["README.md", .. Directory.EnumerateFiles(Repository.PathTo("docs"), "*.md").Select(file => Path.GetRelativePath(Repository.Root, file)).Order(StringComparer.Ordinal), .. Files("README.md")];

    /// <summary>Where it is, as a test names it.</summary>
    public string Source => $"{File} {Place}";

    /// <summary>The folder of its file, within which names are looked up.</summary>
    public string Folder => Path.GetDirectoryName(File)!;

    /// <summary>The document as it was written; fails where a key comes twice.</summary>
    public YamlMappingNode Root
    {
        get
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(Text));
            return (YamlMappingNode)stream.Documents.Single().RootNode;
        }
    }

    /// <summary>Whether the client library knows no such kind.</summary>
    public bool IsCustom => Root.Children.TryGetValue("kind", out var kind) && CustomKinds.Contains(((YamlScalarNode)kind).Value);

    /// <summary>The object; fails at the first field that its kind does not have.</summary>
    public object Read() => KubernetesYaml.LoadAllFromString(Text, strict: true).Single();

    /// <summary>The files of <c>examples/</c> and <c>deploy/</c>, from the repository's root.</summary>
    /// <param name="pattern">Their names.</param>
    public static IEnumerable<string> Files(string pattern) =>
        new[] { "examples", "deploy" }
            .Where(folder => Directory.Exists(Repository.PathTo(folder)))
            .SelectMany(folder => Directory.EnumerateFiles(Repository.PathTo(folder), pattern, SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(Repository.Root, file))
            .Order(StringComparer.Ordinal);

    /// <summary>The documents of the YAML blocks of a Markdown file, whole objects or pieces.</summary>
    /// <param name="file">The file, from the repository's root.</param>
    public static IEnumerable<Manifest> Blocks(string file)
    {
        var text = Repository.Read(file);
        return YamlBlock().Matches(text).SelectMany(block => Split(file, block.Groups[1].Value, 1 + text.AsSpan(0, block.Groups[1].Index).Count('\n')));
    }

    private static IEnumerable<Manifest> Split(string file, string text, int line)
    {
        foreach (var document in Separator().Split(text))
        {
            if (Comment().Replace(document, "").Length > 0)
            {
                yield return new Manifest(file, $"line {line}", document);
            }

            line += 1 + document.AsSpan().Count('\n');
        }
    }

    [GeneratedRegex("^```yaml\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex YamlBlock();

    [GeneratedRegex("^---\n", RegexOptions.Multiline)]
    private static partial Regex Separator();

    [GeneratedRegex(@"^(#.*|\s*)\n?", RegexOptions.Multiline)]
    private static partial Regex Comment();
}
