using System.Net;
using Prestop.Core.Options;
using Prestop.Kubernetes.Access;
using Prestopd.Controller.Admission;
using Prestopd.Controller.Injection;
using Prestopd.Hosting;

namespace Prestopd.Controller;

/// <summary>What <c>prestopd controller</c> is told.</summary>
internal sealed record ControllerSettings
{
    /// <summary>API servers, kubelets and scrapers: a few connections each, which stay open.</summary>
    private const int Connections = 500;

    private static readonly TimeSpan DefaultDrain = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestSurge = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestNotice = TimeSpan.FromMinutes(10);

    /// <summary>What every server is told.</summary>
    public required ServerSettings Server { get; init; }

    /// <summary>How long it goes on answering after the first signal.</summary>
    public required TimeSpan Notice { get; init; }

    /// <summary>What is wanted where no namespace and no pod says otherwise.</summary>
    public required DrainPolicy Policy { get; init; }

    /// <summary>Which pods are drained where the mode is <see cref="DrainMode.Intercept"/>.</summary>
    public required Exposure Exposure { get; init; }

    /// <summary>The hooks that pods get.</summary>
    public required HookSettings Hooks { get; init; }

    /// <summary>How long a replacement is waited for; zero for none.</summary>
    public required TimeSpan SurgeTimeout { get; init; }

    /// <summary>The AWS account whose load balancers end drains; null for none.</summary>
    public required AwsChoice? Aws { get; init; }

    /// <summary>How long a target must have left; null: as long as its kind of load balancer needs.</summary>
    public required TimeSpan? Settle { get; init; }

    /// <summary>The way to the API server.</summary>
    public required ClusterAccess Cluster { get; init; }

    /// <summary>The controller's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Its own user name: <c>system:serviceaccount:NAMESPACE:NAME</c>.</summary>
    public required string User { get; init; }

    /// <summary>The Service by which the API server reaches it.</summary>
    public required string Service { get; init; }

    /// <summary>The Secret with its certificate.</summary>
    public required string Secret { get; init; }

    /// <summary>The name of its two webhook configurations.</summary>
    public required string WebhookConfiguration { get; init; }

    /// <summary>The folder with a certificate that somebody else renews; null for one of its own.</summary>
    public required string? TlsDir { get; init; }

    /// <summary>Which replica this is, for events: the pod's name.</summary>
    public required string Instance { get; init; }

    /// <summary>Reads the options. What is wrong is added to the reader's problems.</summary>
    /// <param name="options">The options.</param>
    /// <returns>The settings; null when there are problems.</returns>
    public static ControllerSettings? Read(OptionReader options)
    {
        var server = ServerOptions.Read(options, "prestopd controller", Connections, logsEverything: true) with
        {
            Port = options.Number(ControllerNames.Server.Port, IPEndPoint.MinPort + 1, IPEndPoint.MaxPort) ?? 8443,
            LongestBody = AdmissionRequest.Longest,
        };
        var mode = DrainPolicy.ModeOf(options.Choice(ControllerNames.Server.Mode) ?? ControllerNames.Server.Mode.Default);
        var drain = options.Length(ControllerNames.Server.Drain, TimeSpan.FromSeconds(1), DrainPolicy.LongestDrain) ?? DefaultDrain;
        var surge = options.Length(ControllerNames.Server.SurgeTimeout, TimeSpan.Zero, LongestSurge) ?? TimeSpan.FromMinutes(2);
        var notice = options.Length(ControllerNames.Server.Notice, TimeSpan.Zero, LongestNotice) ?? TimeSpan.FromSeconds(5);
        var exposure = options.Choice(ControllerNames.Server.Expose) is "load-balancer" ? Exposure.LoadBalancer : Exposure.Service;
        var hooks = ReadHooks(options);
        var aws = AwsChoice.Read(options, options.Flag(ControllerNames.Server.Elb));
        var settle = options.Length(AwsChoice.Settle, TimeSpan.Zero, DrainPolicy.LongestDrain);
        if (ClusterChoice.Find(options, context: null, out var problem) is not { } cluster)
        {
            options.Add(problem);
            return null;
        }

        var @namespace = options.Text(ControllerNames.Server.Namespace) ?? (options.Environment("POD_NAMESPACE") is { Length: > 0 } own ? own : cluster.Namespace);
        var account = options.Text(ControllerNames.Server.ServiceAccount);
        var user = account is not null ? $"system:serviceaccount:{@namespace}:{account}" : InCluster.User(new ContainerEnvironment(options.Environment, "/"));
        if (user is null)
        {
            options.Add($"{ControllerNames.Server.ServiceAccount.Name} is missing, and no token of a service account tells it; write the name under which the API server knows this controller");
        }

        return options.Problems.Count > 0 || user is null ? null : new ControllerSettings
        {
            Server = server,
            Notice = notice,
            Policy = new DrainPolicy(mode, drain, SurgeWish.Unsaid),
            Exposure = exposure,
            Hooks = hooks,
            SurgeTimeout = surge,
            Aws = aws,
            Settle = settle,
            Cluster = cluster.Access,
            Namespace = @namespace,
            User = user,
            Service = options.Text(ControllerNames.Server.Service) ?? ControllerNames.Server.Service.Default,
            Secret = options.Text(ControllerNames.Server.Secret) ?? ControllerNames.Server.Secret.Default,
            WebhookConfiguration = options.Text(ControllerNames.Server.WebhookConfiguration) ?? ControllerNames.Server.WebhookConfiguration.Default,
            TlsDir = options.Text(ControllerNames.Server.TlsDir),
            Instance = options.Environment("POD_NAME") ?? options.Environment("HOSTNAME") ?? "prestopd",
        };
    }

    private static HookSettings ReadHooks(OptionReader options)
    {
        var delivery = options.Choice(ControllerNames.Server.Delivery) switch
        {
            "init-container" => HookDelivery.InitContainer,
            "native-sleep" => HookDelivery.NativeSleep,
            _ => HookDelivery.ImageVolume,
        };
        var image = options.Text(ControllerNames.Server.Image) ?? "";
        if (image.Length == 0 && delivery is not HookDelivery.NativeSleep)
        {
            options.Add($"{ControllerNames.Server.Image.Name} is missing; write the image that holds /bin/prestop, or {ControllerNames.Server.Delivery.Name} native-sleep");
        }

        var policy = options.Text(ControllerNames.Server.PullPolicy);
        if (policy is not (null or "Always" or "IfNotPresent" or "Never"))
        {
            options.Refuse(ControllerNames.Server.PullPolicy, policy, "unknown; write Always, IfNotPresent or Never");
        }

        return new HookSettings(delivery, image, policy);
    }
}
