namespace Prestop.Elb.Tests.ElbService;

/// <summary>The load balancers, groups and targets of one account in one region. Written from the API reference, knowing nothing of the client.</summary>
internal sealed class ElbModel(TimeProvider time, string region = "eu-central-1")
{
    public const string Account = "123456789012";

    private readonly Lock _lock = new();
    private readonly List<ModelBalancer> _balancers = [];
    private readonly List<ModelGroup> _groups = [];

    public TimeProvider Time => time;

    public string Region => region;

    public IReadOnlyList<ModelBalancer> Balancers
    {
        get
        {
            lock (_lock)
            {
                return [.. _balancers];
            }
        }
    }

    public IReadOnlyList<ModelGroup> Groups
    {
        get
        {
            lock (_lock)
            {
                return [.. _groups];
            }
        }
    }

    public ModelBalancer AddBalancer(string name, string type = "application")
    {
        var kind = type switch { "application" => "app", "network" => "net", _ => "gwy" };
        var balancer = new ModelBalancer(
            name,
            type,
            $"arn:aws:elasticloadbalancing:{region}:{Account}:loadbalancer/{kind}/{name}/50dc6c495c0c9188",
            type == "application" ? $"{name}-1234567890.{region}.elb.amazonaws.com" : $"{name}-50dc6c495c0c9188.elb.{region}.amazonaws.com");
        lock (_lock)
        {
            _balancers.Add(balancer);
        }

        return balancer;
    }

    public ModelGroup AddGroup(string name, ModelBalancer? balancer, string targetType = "ip", string? protocol = null)
    {
        var group = new ModelGroup(
            this,
            name,
            $"arn:aws:elasticloadbalancing:{region}:{Account}:targetgroup/{name}/73e2d6bc24d8a067",
            targetType,
            protocol ?? (balancer?.Type == "network" ? "TCP" : "HTTP"),
            balancer is null ? [] : [balancer.Arn]);
        lock (_lock)
        {
            _groups.Add(group);
        }

        return group;
    }

    public void Delete(ModelGroup group)
    {
        lock (_lock)
        {
            _groups.Remove(group);
        }
    }
}

/// <summary>A load balancer.</summary>
internal sealed record ModelBalancer(string Name, string Type, string Arn, string DnsName);

/// <summary>A target group and its targets.</summary>
internal sealed class ModelGroup(ElbModel model, string name, string arn, string targetType, string protocol, string[] balancers)
{
    private readonly Lock _lock = new();
    private readonly List<ModelTarget> _targets = [];

    public string Name => name;

    public string Arn => arn;

    public string TargetType => targetType;

    public string Protocol => protocol;

    public IReadOnlyList<string> Balancers => balancers;

    /// <summary>How long a target goes on being listed after it was deregistered.</summary>
    public TimeSpan DeregistrationDelay { get; set; } = TimeSpan.FromSeconds(300);

    /// <summary>How long the first checks take.</summary>
    public TimeSpan InitialChecks { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>What the API lists now.</summary>
    public IReadOnlyList<(string Id, int Port, string State, string Reason)> Targets
    {
        get
        {
            lock (_lock)
            {
                var now = model.Time.GetTimestamp();
                return [.. _targets
                    .Select(target => (target.Id, target.Port, Health: StateOf(target, now)))
                    .Where(target => target.Health is not null)
                    .Select(target => (target.Id, target.Port, target.Health!.Value.State, target.Health!.Value.Reason))];
            }
        }
    }

    /// <summary>Registers a target: initial, then healthy.</summary>
    public void Register(string id, int port = 8080)
    {
        lock (_lock)
        {
            _targets.RemoveAll(target => target.Id == id && target.Port == port);
            _targets.Add(new ModelTarget(id, port) { Registered = model.Time.GetTimestamp() });
        }
    }

    /// <summary>Deregisters every port of a target: draining for the delay, then gone.</summary>
    public void Deregister(string id)
    {
        lock (_lock)
        {
            foreach (var target in _targets.Where(target => target.Id == id))
            {
                target.Deregistered ??= model.Time.GetTimestamp();
            }
        }
    }

    /// <summary>A target that is in this state whatever the time; gone when the state is empty.</summary>
    public void Set(string id, string state, string reason = "", int port = 8080)
    {
        lock (_lock)
        {
            _targets.RemoveAll(target => target.Id == id && target.Port == port);
            if (state.Length > 0)
            {
                _targets.Add(new ModelTarget(id, port) { Fixed = (state, reason) });
            }
        }
    }

    private (string State, string Reason)? StateOf(ModelTarget target, long now)
    {
        if (target.Fixed is { } always)
        {
            return always;
        }

        if (target.Deregistered is { } left)
        {
            return model.Time.GetElapsedTime(left, now) < DeregistrationDelay ? ("draining", "Target.DeregistrationInProgress") : null;
        }

        return model.Time.GetElapsedTime(target.Registered, now) < InitialChecks ? ("initial", "Elb.InitialHealthChecking") : ("healthy", "");
    }

    private sealed class ModelTarget(string id, int port)
    {
        public string Id => id;

        public int Port => port;

        public long Registered { get; init; }

        public long? Deregistered { get; set; }

        public (string State, string Reason)? Fixed { get; init; }
    }
}
