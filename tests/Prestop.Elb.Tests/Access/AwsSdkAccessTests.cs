using Amazon;
using Amazon.Runtime;
using Prestop.Elb.Access;
using Prestop.Elb.Client;
using Prestop.Elb.Tests.ElbService;
using Xunit;

namespace Prestop.Elb.Tests.Access;

/// <summary>
/// The configuration files of a user. The SDK reads the environment of the whole process, and once and for all where these files are: its tests share them and run
/// alone.
/// </summary>
[CollectionDefinition(nameof(AwsSdkAccessTests), DisableParallelization = true)]
public sealed class AwsFiles : ICollectionFixture<AwsFiles>, IDisposable
{
    private static readonly string[] Variables =
    [
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "HOME",
        "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_EC2_METADATA_DISABLED", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO",
    ];

    private readonly Dictionary<string, string?> _before = Variables.ToDictionary(name => name, Environment.GetEnvironmentVariable);
    private readonly string _folder = Directory.CreateTempSubdirectory("prestop-elb-").FullName;

    /// <summary>The files as they are at first, and an environment that names them and nothing else.</summary>
    public void Reset()
    {
        Array.ForEach(Variables, name => Environment.SetEnvironmentVariable(name, null));
        Environment.SetEnvironmentVariable("HOME", _folder);
        Environment.SetEnvironmentVariable("AWS_EC2_METADATA_DISABLED", "true");
        Environment.SetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE", Write("credentials", "[keys]\naws_access_key_id = AKIDFILE\naws_secret_access_key = s\n"));
        Environment.SetEnvironmentVariable("AWS_CONFIG_FILE", Write("config", $"""
            [profile keys]
            region = eu-west-3
            [profile role]
            role_arn = arn:aws:iam::1:role/chained
            source_profile = keys
            [profile web]
            role_arn = arn:aws:iam::1:role/web
            web_identity_token_file = {Write("web-token", "web-identity")}
            [profile process]
            credential_process = /bin/sh {Write("process.sh", "echo '{\"Version\":1,\"AccessKeyId\":\"AKIDPROCESS\",\"SecretAccessKey\":\"s\"}'")}
            [profile sso]
            sso_session = my
            sso_account_id = 123456789012
            sso_role_name = reader
            [sso-session my]
            sso_region = eu-west-1
            sso_start_url = https://my.awsapps.com/start
            """));

        // Where `aws sso login` leaves its token: the file is named after the SHA-1 of the session's name.
        Directory.CreateDirectory(Path.Combine(_folder, ".aws/sso/cache"));
        Write(
            ".aws/sso/cache/3ece1471f44f63177cbc35ba0b904e0c096b6783.json",
            """{"startUrl":"https://my.awsapps.com/start","region":"eu-west-1","accessToken":"sso-token","expiresAt":"2099-01-01T00:00:00Z"}""");
        AWSConfigs.AWSRegion = null;
        FallbackRegionFactory.Reset();
    }

    public string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose()
    {
        foreach (var (name, value) in _before)
        {
            Environment.SetEnvironmentVariable(name, value);
        }

        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>Every way to credentials and region that the SDK's chain knows and a cluster or a shell has.</summary>
[Collection(nameof(AwsSdkAccessTests))]
public sealed class AwsSdkAccessTests : IAsyncDisposable
{
    // The SDK keeps its clients for the life of the process.
    private static readonly Carrier Connections = new();

    private readonly AwsFiles _files;
    private readonly CredentialEndpoints _endpoints = new();

    public AwsSdkAccessTests(AwsFiles files)
    {
        _files = files;
        files.Reset();
        Set("AWS_ENDPOINT_URL_STS", _endpoints.Address);
        Set("AWS_ENDPOINT_URL_SSO", _endpoints.Address);
    }

    public ValueTask DisposeAsync() => _endpoints.DisposeAsync();

    [Fact]
    public async Task The_environment_has_keys()
    {
        Set("AWS_ACCESS_KEY_ID", "AKIDENV");
        Set("AWS_SECRET_ACCESS_KEY", "s");
        Set("AWS_SESSION_TOKEN", "t");

        await HasAsync(null, new AwsKeys("AKIDENV", "s", "t"));
    }

    [Fact]
    public async Task The_environment_has_a_web_identity()
    {
        Set("AWS_ROLE_ARN", "arn:aws:iam::1:role/irsa");
        Set("AWS_WEB_IDENTITY_TOKEN_FILE", _files.Write("irsa", "service-account"));

        await HasAsync(null, new AwsKeys("AKIDSTS", "s", "from-AssumeRoleWithWebIdentity"), "AssumeRoleWithWebIdentity arn:aws:iam::1:role/irsa service-account");
    }

    [Fact]
    public async Task The_container_has_a_Pod_Identity()
    {
        Set("AWS_CONTAINER_CREDENTIALS_FULL_URI", _endpoints.Address + "/v1/credentials");
        Set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", _files.Write("pod", "pod-token"));

        await HasAsync(null, new AwsKeys("AKIDPOD", "s", "from-agent"), "/v1/credentials pod-token");
    }

    [Fact]
    public async Task The_instance_has_a_role_and_a_region()
    {
        Set("AWS_EC2_METADATA_DISABLED", null);
        Set("AWS_EC2_METADATA_SERVICE_ENDPOINT", _endpoints.Address);

        // The SDK reads where the metadata is once a process, and another test may have come first.
        Amazon.Runtime.Internal.FallbackInternalConfigurationFactory.Reset();
        var access = Access(null, null);

        Assert.Equal("eu-north-1", (await AgainAsync(() => access.EndpointAsync("a", TestContext.Current.CancellationToken))).Value?.Region);
        Assert.Equal(new AwsKeys("AKIDNODE", "s", "from-instance"), (await AgainAsync(() => access.KeysAsync("a", TestContext.Current.CancellationToken))).Value);
    }

    [Theory]
    [InlineData("keys", "AKIDFILE", null)]
    [InlineData("role", "AKIDSTS", "from-AssumeRole", "AssumeRole arn:aws:iam::1:role/chained AKIDFILE")]
    [InlineData("web", "AKIDSTS", "from-AssumeRoleWithWebIdentity", "AssumeRoleWithWebIdentity arn:aws:iam::1:role/web web-identity")]
    [InlineData("process", "AKIDPROCESS", null)]
    [InlineData("sso", "AKIDSSO", "from-sso", "/federation/credentials?account_id=123456789012&role_name=reader sso-token")]
    public async Task A_profile_has_credentials(string profile, string accessKey, string? token, params string[] seen)
    {
        Set("AWS_ACCESS_KEY_ID", "AKIDENV");
        Set("AWS_SECRET_ACCESS_KEY", "s");

        await HasAsync(profile, new AwsKeys(accessKey, "s", token), seen);
    }

    [Fact]
    public async Task A_profile_may_be_named_by_the_environment()
    {
        Set("AWS_PROFILE", "keys");

        await HasAsync(null, new AwsKeys("AKIDFILE", "s", null));
    }

    [Theory]
    [InlineData(null, "no AWS credentials in the environment, a profile, the container or the instance; give the service account a role (IRSA or Pod Identity)")]
    [InlineData("missing", "no AWS credentials: the profile 'missing' is not in the AWS configuration files")]
    public async Task Without_credentials_it_says_what_to_do(string? profile, string words)
    {
        var error = (await Access(profile, "eu-west-1").KeysAsync("DescribeTargetHealth", TestContext.Current.CancellationToken)).Error;

        Assert.Equal(new ElbError(ElbFault.Credentials, "DescribeTargetHealth", words), error);
    }

    [Fact]
    public async Task A_role_that_may_not_be_assumed_is_told_and_asked_for_again()
    {
        Set("AWS_ROLE_ARN", "arn:aws:iam::1:role/irsa");
        Set("AWS_WEB_IDENTITY_TOKEN_FILE", _files.Write("irsa", "service-account"));
        _endpoints.Refusal = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity");
        var access = Access(null, "eu-west-1");

        var error = (await access.KeysAsync("a", TestContext.Current.CancellationToken)).Error;
        Assert.Equal("no AWS credentials: Not authorized to perform sts:AssumeRoleWithWebIdentity", error?.Message);

        _endpoints.Refusal = null;
        Assert.Equal("AKIDSTS", (await access.KeysAsync("a", TestContext.Current.CancellationToken)).Value?.AccessKey);
    }

    [Fact]
    public async Task What_AWS_does_not_accept_any_more_is_got_anew()
    {
        var access = Access("role", "eu-west-1");
        await access.KeysAsync("a", TestContext.Current.CancellationToken);
        await access.KeysAsync("a", TestContext.Current.CancellationToken);
        Assert.Single(_endpoints.Seen);

        access.RenewKeys();
        await access.KeysAsync("a", TestContext.Current.CancellationToken);
        Assert.Equal(2, _endpoints.Seen.Count);
    }

    [Fact]
    public async Task Keys_of_a_file_are_read_again()
    {
        var access = Access("keys", "eu-west-1");
        await access.KeysAsync("a", TestContext.Current.CancellationToken);
        _files.Write("credentials", "[keys]\naws_access_key_id = AKIDNEW\naws_secret_access_key = s\n");

        access.RenewKeys();

        Assert.Equal("AKIDNEW", (await access.KeysAsync("a", TestContext.Current.CancellationToken)).Value?.AccessKey);
    }

    [Theory]
    [InlineData("eu-west-1", null, "https://elasticloadbalancing.eu-west-1.amazonaws.com/")]
    [InlineData("us-gov-west-1", null, "https://elasticloadbalancing.us-gov-west-1.amazonaws.com/")]
    [InlineData("cn-north-1", null, "https://elasticloadbalancing.cn-north-1.amazonaws.com.cn/")]
    [InlineData("xx-newland-7", null, "https://elasticloadbalancing.xx-newland-7.amazonaws.com/")]
    [InlineData(null, "keys", "https://elasticloadbalancing.eu-west-3.amazonaws.com/")]
    [InlineData("eu-west-1", "keys", "https://elasticloadbalancing.eu-west-1.amazonaws.com/")]
    public async Task The_endpoint_is_the_regions(string? region, string? profile, string address) =>
        Assert.Equal(address, (await Access(profile, region).EndpointAsync("a", TestContext.Current.CancellationToken)).Value?.Address.ToString());

    [Theory]
    [InlineData(null, "the AWS region is not known; set --aws-region or AWS_REGION")]
    [InlineData("missing", "the AWS region is not known: the profile 'missing' is not in the AWS configuration files")]
    public async Task Without_a_region_it_says_what_to_do(string? profile, string words)
    {
        var error = (await Access(profile, null).EndpointAsync("a", TestContext.Current.CancellationToken)).Error;

        Assert.Equal(new ElbError(ElbFault.Region, "a", words), error);
    }

    [Theory]
    [InlineData("role")]
    [InlineData("sso")]
    public async Task Its_own_calls_go_over_the_connections_that_it_is_given(string profile)
    {
        var before = Connections.Requests;

        Assert.True((await Access(profile, "eu-west-1").KeysAsync("a", TestContext.Current.CancellationToken)).Succeeded);

        Assert.Equal(before + 1, Connections.Requests);
    }

    /// <summary>
    /// The SDK blocks a thread while it asks the instance, and gives up by a clock of its own, which a busy machine may not keep up with. What was not found is looked for again, as who
    /// waits for load balancers does.
    /// </summary>
    private static async Task<ElbResult<T>> AgainAsync<T>(Func<Task<ElbResult<T>>> ask)
        where T : class
    {
        const int most = 5;
        var found = await ask();
        for (var tries = 1; tries < most && !found.Succeeded; tries++)
        {
            found = await ask();
        }

        return found;
    }

    private static void Set(string name, string? value) => Environment.SetEnvironmentVariable(name, value);

    private static AwsSdkAccess Access(string? profile, string? region) =>
        new(ElbAccessOptions.Read(region, profile, _ => null, out _)!, Connections);

    private async Task HasAsync(string? profile, AwsKeys keys, params string[] seen)
    {
        var access = Access(profile, "eu-west-1");
        Assert.True((await access.EndpointAsync("a", TestContext.Current.CancellationToken)).Succeeded);
        var found = await access.KeysAsync("a", TestContext.Current.CancellationToken);

        Assert.Null(found.Error?.Message);
        Assert.Equal(keys, found.Value);
        Assert.Equal(seen, _endpoints.Seen);
    }

    /// <summary>Counts what it carries.</summary>
    private sealed class Carrier() : DelegatingHandler(new SocketsHttpHandler { UseProxy = false })
    {
        private int _requests;

        public int Requests => Volatile.Read(ref _requests);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _requests);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
