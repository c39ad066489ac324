using Prestop.Core.Options;
using Prestop.Testing;
using Prestopd.Controller;
using Prestopd.Controller.Injection;
using Xunit;

namespace Prestopd.Tests.Controller;

public sealed class ControllerSettingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _variables;

    public ControllerSettingsTests() => _variables = new()
    {
        ["KUBECONFIG"] = _folder.Write("kubeconfig", """
            {"apiVersion": "v1", "kind": "Config", "current-context": "test", "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test", "namespace": "ops"}}],
             "clusters": [{"name": "test", "cluster": {"server": "http://127.0.0.1:1"}}], "users": [{"name": "test", "user": {}}]}
            """),
    };

    [Fact]
    public void What_nobody_says_is_as_documented()
    {
        var settings = Read(out var problems, "--image", "registry.example/prestop:1", "--service-account", "prestopd");

        Assert.Empty(problems);
        Assert.Equal(
            (8443, DrainMode.Inject, 30, 120, HookDelivery.ImageVolume, "ops", "system:serviceaccount:ops:prestopd", "prestop-controller", "prestop-controller-tls", "prestop"),
            (settings!.Server.Port, settings.Policy.Mode, (int)settings.Policy.Drain.TotalSeconds, (int)settings.SurgeTimeout.TotalSeconds, settings.Hooks.Delivery, settings.Namespace,
                settings.User, settings.Service, settings.Secret, settings.WebhookConfiguration));
    }

    [Fact]
    public void The_namespace_is_that_of_the_option_the_pod_or_the_access()
    {
        _variables["POD_NAMESPACE"] = "prestop";

        Assert.Equal("prestop", Read(out _, "--delivery", "native-sleep", "--service-account", "a")!.Namespace);
        Assert.Equal("system:serviceaccount:other:a", Read(out _, "--delivery", "native-sleep", "--service-account", "a", "--namespace", "other")!.User);
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_once()
    {
        Assert.Null(Read(out var problems, "--port", "0", "--mode", "drain", "--drain", "2h", "--pull-policy", "always"));
        Assert.Equal(
            [
                "--port '0': write a whole number from 1 to 65535",
                "--mode 'drain': unknown; write inject or intercept or off",
                "--drain '2h': too long; write 1h or less",
                "--image is missing; write the image that holds /bin/prestop, or --delivery native-sleep",
                "--pull-policy 'always': unknown; write Always, IfNotPresent or Never",
                "--service-account is missing, and no token of a service account tells it; write the name under which the API server knows this controller",
            ],
            problems);
    }

    [Fact]
    public void AWS_is_asked_only_where_that_is_wanted()
    {
        string[] words = ["--delivery", "native-sleep", "--service-account", "a"];
        _variables["AWS_REGION"] = "nowhere";
        Assert.Null(Read(out var problems, words)!.Aws);
        Assert.Empty(problems);

        Assert.Null(Read(out problems, [.. words, "--elb", "--settle", "2h"]));
        Assert.Equal(["AWS_REGION is 'nowhere'; it must be the name of a region such as eu-central-1", "--settle '2h': too long; write 1h or less"], problems);

        var settings = Read(out _, [.. words, "--elb", "--settle", "0", "--aws-region", "eu-west-1", "--interval", "2s", "--aws-qps", "3"])!;
        Assert.Equal(("eu-west-1", TimeSpan.FromSeconds(2), 3, TimeSpan.Zero), (settings.Aws!.Access.Region, settings.Aws.Interval, settings.Aws.CallsPerSecond, settings.Settle));
    }

    public void Dispose() => _folder.Dispose();

    private ControllerSettings? Read(out IReadOnlyList<string> problems, params string[] words)
    {
        var options = new OptionReader(CommandLine.Read(words, ControllerNames.Server.Options), _variables.GetValueOrDefault);
        var settings = ControllerSettings.Read(options);
        problems = options.Problems;
        return settings;
    }
}
