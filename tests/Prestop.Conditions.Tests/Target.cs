using Prestop.Core.Waiting;
using Xunit;

namespace Prestop.Conditions.Tests;

/// <summary>A step that is looked at once.</summary>
internal static class Target
{
    public static async Task<Observation> LookAsync(string text, ConditionSettings? settings = null)
    {
        Assert.True(Schemes.TryFind(text.AsSpan(0, text.IndexOf(':')), out var scheme));
        var condition = scheme.Parse(text, settings ?? Patient, out var problem);
        Assert.Empty(problem);
        using var disposed = condition as IDisposable;
        return await condition!.AskAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>A loaded machine takes its time.</summary>
    private static ConditionSettings Patient => new() { ConnectTimeout = TimeSpan.FromSeconds(30) };
}
