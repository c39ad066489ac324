using Prestop.Elb.Client;

namespace Prestop.Elb.Access;

/// <summary>Where calls go.</summary>
/// <param name="Address">The URL that they are posted to.</param>
/// <param name="Region">The region that signatures are for.</param>
public sealed record ElbEndpoint(Uri Address, string Region);

/// <summary>Credentials.</summary>
/// <param name="AccessKey">The access key's id.</param>
/// <param name="Secret">The secret key.</param>
/// <param name="SessionToken">The session's token, for temporary credentials; else null.</param>
public sealed record AwsKeys(string AccessKey, string Secret, string? SessionToken)
{
    /// <summary>Nothing of it may reach a log.</summary>
    public override string ToString() => nameof(AwsKeys);
}

/// <summary>How Elastic Load Balancing is reached, and as whom. The only exception that leaves is the caller's own cancellation.</summary>
public interface IElbAccess
{
    /// <summary>The endpoint, or <see cref="ElbFault.Region"/>.</summary>
    /// <param name="action">The action that it is for.</param>
    /// <param name="cancellation">Ends the search for it.</param>
    Task<ElbResult<ElbEndpoint>> EndpointAsync(string action, CancellationToken cancellation);

    /// <summary>The credentials that hold now, or <see cref="ElbFault.Credentials"/>.</summary>
    /// <param name="action">The action that they are for.</param>
    /// <param name="cancellation">Ends the wait for them.</param>
    Task<ElbResult<AwsKeys>> KeysAsync(string action, CancellationToken cancellation);

    /// <summary>AWS does not accept the credentials: the next ones are got anew.</summary>
    void RenewKeys();
}
