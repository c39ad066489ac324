using Prestop.Core.Waiting;
using Xunit;

namespace Prestop.Conditions.Tests;

public sealed class SchemeParsingTests
{
    private const string Ports = "use 1 to 65535";

    [Theory]
    [InlineData("tcp://localhost:80")]
    [InlineData("tcp://db.prod.svc.cluster.local.:65535")]
    [InlineData("tcp://10.0.0.1:1")]
    [InlineData("tcp://[::1]:8080")]
    [InlineData("tcp://[fe80::1%eth0]:8080")]
    [InlineData("TCP://localhost:80")]
    [InlineData("unix:///run/app.sock")]
    [InlineData("unix://localhost/run/app.sock")]
    [InlineData("dns://db")]
    [InlineData("dns://_http._tcp.db.")]
    [InlineData("file:///tmp/ready")]
    [InlineData("file://localhost/tmp/ready")]
    [InlineData("file:///tmp/%C3%A9t%C3%a9%20%25")]
    [InlineData("file:///")]
    [InlineData("idle://:8080")]
    [InlineData("idle://:8080,9090")]
    [InlineData("closed://:1,65535,1")]
    public void A_well_formed_step_is_a_condition(string text)
    {
        var condition = Parse(text, out var problem);
        using var disposed = condition as IDisposable;

        Assert.NotNull(condition);
        Assert.Empty(problem);
    }

    [Theory]
    [InlineData("tcp://", "no host")]
    [InlineData("tcp://:80", "write tcp://localhost:80 for this pod")]
    [InlineData("tcp://db", "no port; write tcp://db:PORT")]
    [InlineData("tcp://db:", "'' is not a port; " + Ports)]
    [InlineData("tcp://db:0", "'0' is not a port; " + Ports)]
    [InlineData("tcp://db:65536", "'65536' is not a port; " + Ports)]
    [InlineData("tcp://db:-1", "'-1' is not a port; " + Ports)]
    [InlineData("tcp://db:+1", "'+1' is not a port; " + Ports)]
    [InlineData("tcp://db: 1", "' 1' is not a port; " + Ports)]
    [InlineData("tcp://db:http", "'http' is not a port; " + Ports)]
    [InlineData("tcp://db:80/", "nothing can stand behind the port; write tcp://HOST:PORT")]
    [InlineData("tcp://db:80?x", "nothing can stand behind the port; write tcp://HOST:PORT")]
    [InlineData("tcp://db:80#x", "nothing can stand behind the port; write tcp://HOST:PORT")]
    [InlineData("tcp://::1:80", "an IPv6 address needs brackets; write tcp://[::1]:80")]
    [InlineData("tcp://[::1]", "no port; write tcp://[::1]:PORT")]
    [InlineData("tcp://[::1", "an IPv6 address needs brackets; write tcp://[::1]:80")]
    [InlineData("tcp://[10.0.0.1]:80", "neither a host name")]
    [InlineData("tcp://a b:80", "neither a host name")]
    [InlineData("tcp://a..b:80", "neither a host name")]
    [InlineData("tcp://.a:80", "neither a host name")]
    [InlineData("tcp://münchen.de:80", "neither a host name")]
    [InlineData("dns://", "is not a host name")]
    [InlineData("dns://10.0.0.1", "an address needs no resolving; write a name, or wait for tcp://10.0.0.1:PORT")]
    [InlineData("dns://db:53", "no port and no path")]
    [InlineData("dns://db/a", "no port and no path")]
    [InlineData("unix://run/app.sock", "no absolute path; write unix:///PATH, with three slashes")]
    [InlineData("unix://", "no absolute path; write unix:///PATH, with three slashes")]
    [InlineData("file://ready", "no absolute path; write file:///PATH, with three slashes")]
    [InlineData("file:///a?b", "'?' would end the path; write %3F where it is part of a name")]
    [InlineData("file:///a#b", "'#' would end the path; write %23 where it is part of a name")]
    [InlineData("file:///100%", "write %25 for a percent sign")]
    [InlineData("file:///%2", "write %25 for a percent sign")]
    [InlineData("file:///%zz", "write %25 for a percent sign")]
    [InlineData("file:///%00", "write %25 for a percent sign")]
    [InlineData("file:///%ff", "write %25 for a percent sign")]
    [InlineData("idle://8080", "write idle://:8080 or idle://:8080,9090")]
    [InlineData("idle://localhost:8080", "write idle://:8080 or idle://:8080,9090")]
    [InlineData("idle://", "write idle://:8080 or idle://:8080,9090")]
    [InlineData("idle://:", "'' is not a port; " + Ports)]
    [InlineData("idle://:8080,", "'' is not a port; " + Ports)]
    [InlineData("idle://:8080, 9090", "' 9090' is not a port; " + Ports)]
    [InlineData("closed://:0", "'0' is not a port; " + Ports)]
    [InlineData("closed://:8080/", "'8080/' is not a port; " + Ports)]
    public void A_bad_step_is_refused_with_the_value_and_the_fix(string text, string fix)
    {
        Assert.Null(Parse(text, out var problem));

        Assert.StartsWith($"'{text}': ", problem);
        Assert.Contains(fix, problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem);
    }

    [Theory]
    [InlineData("unix", 107)]
    [InlineData("file", 4095)]
    public void A_path_may_be_as_long_as_the_kernel_takes_it(string scheme, int longest)
    {
        var path = "/" + new string('a', longest - 3) + "%C3%A9";
        Assert.NotNull(Parse($"{scheme}://{path}", out _));

        Assert.Null(Parse($"{scheme}://{path}b", out var problem));
        Assert.EndsWith($"the path has {longest + 1} bytes; a {scheme}:// path holds at most {longest}", problem);
    }

    [Theory]
    [InlineData("http")]
    [InlineData("tcp")]
    public void A_host_may_be_as_long_as_DNS_takes_it(string scheme)
    {
        var labels = string.Concat(Enumerable.Repeat("abcdefghi.", 25));
        Assert.NotNull(Parse($"{scheme}://{labels}abc:80", out _));

        Assert.Null(Parse($"{scheme}://{labels}abcd:80", out var problem));
        Assert.Contains("is neither a host name of at most 253", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_step_takes_64_ports_and_no_more()
    {
        Assert.NotNull(Parse("idle://:" + string.Join(',', Enumerable.Range(1, 64)), out _));
        Assert.Null(Parse("idle://:" + string.Join(',', Enumerable.Range(1, 65)), out var problem));
        Assert.EndsWith("65 ports; one step takes at most 64, write several steps", problem);
    }

    [Fact]
    public void A_scheme_is_found_by_the_name_that_it_has_in_any_case() => Assert.All(Schemes.All, scheme =>
    {
        Assert.True(Schemes.TryFind(scheme.Name.ToUpperInvariant(), out var found));
        Assert.Equal((scheme.Name, scheme.Syntax), (found.Name, found.Syntax));
    });

    private static ICondition? Parse(string text, out string problem)
    {
        Assert.True(Schemes.TryFind(text.AsSpan(0, text.IndexOf(':')), out var scheme));
        return scheme.Parse(text, new ConditionSettings(), out problem);
    }
}
