using Prestop.Elb.Access;
using Prestop.Elb.Client;

namespace Prestop.Elb.Tests.ElbService;

/// <summary>A way to the service that is known from the start.</summary>
internal sealed class FixedAccess(Uri? address = null) : IElbAccess
{
    public string AccessKey { get; set; } = ElbQueryService.AccessKey;

    public string Secret { get; set; } = ElbQueryService.Secret;

    public string? Token { get; set; }

    /// <summary>The token after the credentials were got anew.</summary>
    public string? NewToken { get; set; }

    public string Region { get; set; } = "eu-central-1";

    /// <summary>Whether the credentials never come.</summary>
    public bool Hangs { get; set; }

    public int Renewals { get; private set; }

    public Task<ElbResult<ElbEndpoint>> EndpointAsync(string action, CancellationToken cancellation) =>
        Task.FromResult<ElbResult<ElbEndpoint>>(new ElbEndpoint(address ?? new Uri("http://elb.test/"), Region));

    public async Task<ElbResult<AwsKeys>> KeysAsync(string action, CancellationToken cancellation)
    {
        if (Hangs)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
        }

        return new AwsKeys(AccessKey, Secret, Token);
    }

    public void RenewKeys()
    {
        Renewals++;
        Token = NewToken ?? Token;
    }
}

/// <summary>Keeps what it is told.</summary>
internal sealed class CallLog : IElbObserver
{
    private readonly Lock _lock = new();
    private readonly List<(string Action, ElbFault? Fault)> _calls = [];

    public IReadOnlyList<(string Action, ElbFault? Fault)> Calls
    {
        get
        {
            lock (_lock)
            {
                return [.. _calls];
            }
        }
    }

    public void Called(string action, ElbFault? fault)
    {
        lock (_lock)
        {
            _calls.Add((action, fault));
        }
    }
}
