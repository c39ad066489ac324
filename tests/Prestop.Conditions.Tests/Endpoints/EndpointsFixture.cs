using Prestop.Core.Waiting;
using Prestop.Kubernetes.Access;
using Prestop.Testing;
using Prestop.Testing.ApiServer;

namespace Prestop.Conditions.Tests;

/// <summary>A pod with the address 10.1.2.3 that waits for <c>endpoints://web</c>, and the API server that it asks.</summary>
internal sealed class EndpointsFixture : IAsyncDisposable
{
    public const int Patience = 60_000;

    /// <summary>The ceiling of the first pause after a failure.</summary>
    public static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(200);

    public EndpointsFixture(string step = "endpoints://web", Action<PodDirectory>? change = null)
    {
        Pod = PodDirectory.For(Server);
        change?.Invoke(Pod);
        Condition = new EndpointsScheme(new ContainerEnvironment(Pod.Variables.GetValueOrDefault, Pod.Root), new Highest()).Parse(
            step,
            new ConditionSettings { Time = Time, ConnectTimeout = TimeSpan.FromMilliseconds(Patience) },
            out var problem) ?? throw new InvalidOperationException(problem);
    }

    public LoopbackApiServer Server { get; } = new();

    public PodDirectory Pod { get; }

    public FakeClock Time { get; } = new();

    public ICondition Condition { get; }

    public static SliceEndpoint Mine(bool? ready = true) => new("10.1.2.3") { Ready = ready, Terminating = ready is false, Pod = "web-7d9f" };

    public static SliceEndpoint Other(int number = 9) => new($"10.1.2.{number}") { Pod = $"web-{number}" };

    public async Task<Observation> AskAsync(CancellationToken cancellation) => await Condition.AskAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        await Condition.DisposeAsync();
        await Server.DisposeAsync();
        Pod.Dispose();
    }

    private sealed class Highest : Random
    {
        public override double NextDouble() => 1;
    }
}
