using Prestop.Core.Waiting;
using Xunit;

namespace Prestop.Conditions.Tests;

public sealed class DnsConditionTests
{
    [Fact]
    public async Task The_name_localhost_resolves() => Assert.Equal(Finding.Met, (await Target.LookAsync("dns://localhost")).Finding);
}
