using System.Text.RegularExpressions;
using Xunit;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Manifests.Tests;

/// <summary>What <c>kubectl apply</c> would refuse in a document, whatever stands beside it.</summary>
public sealed partial class ManifestTests
{
    public static TheoryData<string> Sources => [.. Manifest.All.Select(manifest => manifest.Source)];

    public static TheoryData<string> Blocks => [.. Manifest.Readmes.SelectMany(Manifest.Blocks).Select(block => block.Source)];

    [Theory]
    [MemberData(nameof(Sources))]
    public void A_document_has_only_fields_that_its_kind_has(string source)
    {
        var manifest = Find(source);

        Assert.True(manifest.IsCustom || manifest.Read() is not null);
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void Text_that_reads_as_a_number_or_a_truth_value_is_quoted(string source) => Assert.Empty(UnquotedText(Find(source).Root, isText: false));

    /// <summary>A block that is a piece of a manifest has to stand by itself as YAML.</summary>
    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_block_of_a_readme_is_yaml(string source) =>
        Assert.NotEmpty(Manifest.Readmes.SelectMany(Manifest.Blocks).Single(block => block.Source == source).Root.Children);

    [Theory]
    [InlineData("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containerz: []}\n")]
    [InlineData("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, lifecycle: {preStop: {sleep: {second: 5}}}}]}\n")]
    [InlineData("apiVersion: apps/v1\nkind: Pod\nmetadata: {name: a}\n")]
    public void A_field_or_a_kind_that_does_not_exist_is_refused(string text) =>
        Assert.ThrowsAny<Exception>(new Manifest("a.yaml", "line 1", text).Read);

    [Theory]
    [InlineData("spec: {containers: [{env: [{name: A, value: 5}]}]}")]
    [InlineData("spec: {containers: [{env: [{name: A, value: yes}]}]}")]
    [InlineData("spec: {containers: [{command: [sleep, 60]}]}")]
    [InlineData("metadata: {annotations: {a: true}}")]
    public void A_value_without_its_quotes_is_found(string text) =>
        Assert.Single(UnquotedText(new Manifest("a.yaml", "line 1", text).Root, isText: false));

    private static Manifest Find(string source) => Manifest.All.Single(manifest => manifest.Source == source);

    /// <summary>Values of fields that are text and that kubectl's YAML reader takes for something else.</summary>
    private static IEnumerable<string> UnquotedText(YamlNode node, bool isText) => node switch
    {
        YamlMappingNode mapping => mapping.Children.SelectMany(pair => UnquotedText(
            pair.Value,
            ((YamlScalarNode)pair.Key).Value is "annotations" or "labels" or "matchLabels" or "selector" or "nodeSelector" or "data" or "command" or "args" or "value"
                || (isText && pair.Value is YamlScalarNode))),
        YamlSequenceNode sequence => sequence.Children.SelectMany(item => UnquotedText(item, isText && item is YamlScalarNode)),
        YamlScalarNode { Style: ScalarStyle.Plain, Value: { } value } when isText && NotText().IsMatch(value) => [value],
        _ => [],
    };

    [GeneratedRegex("^([-+]?[0-9][0-9_.eExX]*|yes|no|on|off|true|false|null|~|y|n)$", RegexOptions.IgnoreCase)]
    private static partial Regex NotText();
}
