namespace Prestop.Testing;

/// <summary>A node and pods on it, each in a network namespace of its own, the node their default gateway.</summary>
internal sealed class PodsOnNode : IDisposable
{
    private readonly TestNetwork _node;
    private readonly List<TestNetwork> _pods = [];

    private PodsOnNode(TestNetwork node) => _node = node;

    public static async Task<PodsOnNode> CreateAsync(int count)
    {
        var all = new PodsOnNode(await TestNetwork.CreateAsync());
        await all._node.SetUpAsync(PodLink.Node);
        for (var number = 1; number <= count; number++)
        {
            var pod = await TestNetwork.CreateAsync();
            all._pods.Add(pod);
            await all._node.SetUpAsync(PodLink.OnNode(number, pod.Path));
            await pod.SetUpAsync(PodLink.InPod(number));
        }

        return all;
    }

    /// <summary>The network of a pod, for programs.</summary>
    /// <param name="number">From 1.</param>
    public TestNetwork Network(int number) => _pods[number - 1];

    /// <summary>The same for a rollout.</summary>
    /// <param name="number">From 1.</param>
    public RolloutPlace Place(int number) => new(PodLink.AddressOf(number), _node.Inside, Network(number).Inside);

    /// <summary>Runs <paramref name="action"/> on the node: sockets and programs that it starts stay there.</summary>
    public T OnNode<T>(Func<T> action) => _node.Inside(action);

    public void Dispose()
    {
        _pods.ForEach(pod => pod.Dispose());
        _node.Dispose();
    }
}
