using Xunit;

namespace Prestop.Conditions.Tests;

public sealed class EndpointsSchemeTests
{
    [Theory]
    [InlineData("endpoints://web")]
    [InlineData("endpoints://web.shop")]
    [InlineData("endpoints://web-2.kube-system")]
    [InlineData("endpoints://0web")]
    public void Takes_a_service_with_or_without_its_namespace(string text)
    {
        Assert.NotNull(new EndpointsScheme().Parse(text, new ConditionSettings(), out var problem));
        Assert.Equal("", problem);
    }

    [Theory]
    [InlineData("endpoints://", "''")]
    [InlineData("endpoints://web.", "''")]
    [InlineData("endpoints://.shop", "''")]
    [InlineData("endpoints://Web", "'Web'")]
    [InlineData("endpoints://web:8080", "'web:8080'")]
    [InlineData("endpoints://web/", "'web/'")]
    [InlineData("endpoints://-web", "'-web'")]
    [InlineData("endpoints://web-", "'web-'")]
    [InlineData("endpoints://web,app=x", "'web,app=x'")]
    [InlineData("endpoints://wéb", "'wéb'")]
    [InlineData("endpoints://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "'aaaa")]
    public void What_is_no_name_is_a_usage_error_that_shows_it(string text, string shown)
    {
        Assert.Null(new EndpointsScheme().Parse(text, new ConditionSettings(), out var problem));
        Assert.StartsWith(shown, problem, StringComparison.Ordinal);
        Assert.EndsWith("write endpoints://SERVICE[.NAMESPACE]", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_dns_name_is_a_usage_error_with_the_short_form()
    {
        Assert.Null(new EndpointsScheme().Parse("endpoints://web.shop.svc.cluster.local", new ConditionSettings(), out var problem));
        Assert.Equal(
            "'endpoints://web.shop.svc.cluster.local' has too many dots; write endpoints://SERVICE[.NAMESPACE], "
            + "without svc or the cluster's domain",
            problem);
    }
}
