using FsCheck;
using FsCheck.Fluent;
using Prestop.Options;
using Xunit;

namespace Prestop.Tests.Options;

public class ExpansionTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain", "plain")]
    [InlineData("$(A)", "1")]
    [InlineData("x$(A)y$(B)z", "x1y22z")]
    [InlineData("$$(A)", "$(A)")]
    [InlineData("$$$(A)", "$$(A)")]
    [InlineData("$(A", "$(A")]
    [InlineData("$A ${A} $$ $", "$A ${A} $$ $")]
    [InlineData("$(C)", "$(C)")]
    [InlineData("$()", "$()")]
    [InlineData("$(A)$(A)", "11")]
    [InlineData("$$(A)$(A)", "$(A)1")]
    public void Replaces_as_kubernetes_does(string text, string expected) => Assert.Equal(expected, Expand(text));

    [Fact]
    public void Names_the_first_variable_that_is_not_set()
    {
        Expansion.Expand("$(A)$(C)$(D)", Variable, out var unset);

        Assert.Equal("C", unset);
    }

    [Fact]
    public void What_was_put_in_is_not_expanded_again() =>
        Assert.Equal("$(A)", Expansion.Expand("$(X)", name => name == "X" ? "$(A)" : "no", out _));

    [Fact]
    public void A_text_without_references_is_left_alone() =>
        Prop.ForAll<string>(text => (text is null || text.Contains("$(", StringComparison.Ordinal) || Expand(text) == text)).QuickCheckThrowOnFailure();

    private static string Expand(string text) => Expansion.Expand(text, Variable, out _);

    private static string? Variable(string name) => name switch
    {
        "A" => "1",
        "B" => "22",
        _ => null,
    };
}
