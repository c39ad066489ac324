using System.Diagnostics.CodeAnalysis;
using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.Runtime.Credentials;
using Amazon.SecurityToken;
using Amazon.SSO;
using Amazon.SSOOIDC;
using Prestop.Core.Messages;
using Prestop.Elb.Client;

namespace Prestop.Elb.Access;

/// <summary>
/// The way to AWS as AWSSDK.Core finds it: credentials from the environment, web identity (IRSA), a profile (keys, assumed role, SSO, process),
/// a container's endpoint (Pod Identity, ECS) or the instance; the region from environment, profile or instance.
/// </summary>
public sealed class AwsSdkAccess : IElbAccess
{
    private readonly ElbAccessOptions _options;
    private readonly Lock _lock = new();
    private Task<AWSCredentials>? _credentials;
    private Task<RegionEndpoint?>? _region;

    /// <summary>Nothing is looked for yet.</summary>
    /// <param name="options">What the user said.</param>
    /// <param name="connections">Carries the SDK's own calls, to STS and SSO; it is the whole process's, and never disposed of.</param>
    public AwsSdkAccess(ElbAccessOptions options, HttpMessageHandler connections)
    {
        _options = options;
        AWSConfigs.HttpClientFactory = new SdkClients(connections);
    }

    /// <inheritdoc/>
    public async Task<ElbResult<ElbEndpoint>> EndpointAsync(string action, CancellationToken cancellation)
    {
        Task<RegionEndpoint?> pending;
        lock (_lock)
        {
            // Asking the instance for its region blocks, and may fail for a while: what was not found is looked for again.
            if (_region is null or { IsCompletedSuccessfully: true, Result: null } or { IsFaulted: true })
            {
                _region = Task.Run(FindRegion, CancellationToken.None);
            }

            pending = _region;
        }

        RegionEndpoint? region;
        try
        {
            region = await pending.WaitAsync(cancellation);
        }
        catch (Exception thrown) when (thrown is not OperationCanceledException)
        {
            return new ElbError(ElbFault.Region, action, $"the AWS region is not known: {OneLine.Quote(thrown.Message)}");
        }

        return region is null
            ? new ElbError(ElbFault.Region, action, "the AWS region is not known; set --aws-region or AWS_REGION")
            : new ElbEndpoint(
                _options.Endpoint ?? new Uri($"https://elasticloadbalancing.{region.SystemName}.{region.PartitionDnsSuffix}/"), region.SystemName);
    }

    /// <inheritdoc/>
    public async Task<ElbResult<AwsKeys>> KeysAsync(string action, CancellationToken cancellation)
    {
        Task<AWSCredentials> pending;
        lock (_lock)
        {
            if (_credentials is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _credentials = Task.Run(FindCredentialsAsync, CancellationToken.None);
            }

            pending = _credentials;
        }

        try
        {
            var credentials = await pending.WaitAsync(cancellation);
            var keys = await credentials.GetCredentialsAsync().WaitAsync(cancellation);
            return new AwsKeys(keys.AccessKey, keys.SecretKey, keys.Token is { Length: > 0 } token ? token : null);
        }
        catch (Exception thrown) when (!cancellation.IsCancellationRequested)
        {
            // The SDK has no common exception: its own, of files, of HTTP, of JSON.
            var cause = Cause(thrown);
            return new ElbError(ElbFault.Credentials, action, cause is AmazonClientException && cause.Message.StartsWith("Failed to resolve AWS credentials", StringComparison.Ordinal)
                ? "no AWS credentials in the environment, a profile, the container or the instance; give the service account a role (IRSA or Pod Identity)"
                : $"no AWS credentials: {OneLine.Quote(cause.Message)}");
        }
    }

    /// <inheritdoc/>
    public void RenewKeys()
    {
        lock (_lock)
        {
            if (_credentials is { IsCompletedSuccessfully: true, Result: RefreshingAWSCredentials refreshing })
            {
                refreshing.ClearCredentials();
            }
            else if (_credentials is { IsCompleted: true })
            {
                _credentials = null;
            }
        }
    }

    /// <summary>What a service said, or where it all began: what lies around it says no more than that it failed.</summary>
    private static Exception Cause(Exception thrown) => thrown is AmazonServiceException || thrown.InnerException is not { } inner ? thrown : Cause(inner);

    private RegionEndpoint? FindRegion()
    {
        var region = _options.Region is { } named
            ? RegionEndpoint.GetBySystemName(named)
            : Profile()?.Region ?? FallbackRegionFactory.GetRegionEndpoint(includeInstanceMetadata: true);

        // Roles are assumed where the calls go: the SDK's own default is another partition's for some.
        AWSConfigs.AWSRegion = region?.SystemName;
        return region;
    }

    private CredentialProfile? Profile()
    {
        if (_options.Profile is not { } name)
        {
            return null;
        }

        return new CredentialProfileStoreChain().TryGetProfile(name, out var found)
            ? found
            : throw new AmazonClientException($"the profile '{name}' is not in the AWS configuration files");
    }

    // The SDK looks these up by name when a profile asks for them.
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicConstructors, typeof(AmazonSecurityTokenServiceClient))]
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicConstructors, typeof(AmazonSecurityTokenServiceConfig))]
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicConstructors, typeof(AmazonSSOClient))]
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicConstructors, typeof(AmazonSSOConfig))]
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicConstructors, typeof(AmazonSSOOIDCClient))]
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicConstructors, typeof(AmazonSSOOIDCConfig))]
    private async Task<AWSCredentials> FindCredentialsAsync()
    {
        return Profile() is { } profile
            ? profile.GetAWSCredentials(profile.CredentialProfileStore)
            : await DefaultAWSCredentialsIdentityResolver.GetCredentialsAsync();
    }

    /// <summary>The SDK would trust whom .NET trusts, which is nobody in an image whose bundle lies elsewhere than on the machine that OpenSSL was built for.</summary>
    private sealed class SdkClients(HttpMessageHandler connections) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(connections, disposeHandler: false);
    }
}
