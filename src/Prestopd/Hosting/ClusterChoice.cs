using Prestop.Core.Options;
using Prestop.Kubeconfig;
using Prestop.Kubernetes.Access;

namespace Prestopd.Hosting;

/// <summary>The API server that a command talks to: that of the pod which it runs in, else that of a kubeconfig.</summary>
/// <param name="Access">How it is reached.</param>
/// <param name="Namespace">The namespace that is meant where none is named: the pod's, or that of the kubeconfig's context.</param>
internal sealed record ClusterChoice(ClusterAccess Access, string Namespace)
{
    /// <summary>Which kubeconfig is read.</summary>
    public static readonly OptionSpec Kubeconfig =
        new("--kubeconfig", "FILE", "the pod's own access, else KUBECONFIG", "how the API server is reached", "PRESTOPD_");

    /// <summary>Where kubectl looks when nobody names a namespace.</summary>
    private const string DefaultNamespace = "default";

    /// <summary>Finds it. Nothing is connected yet.</summary>
    /// <param name="options">The options, <see cref="Kubeconfig"/> among them.</param>
    /// <param name="context">The context of the kubeconfig, which is read then also in a pod; null for the current one.</param>
    /// <param name="problem">Why there is none, in one line; else empty.</param>
    /// <returns>The cluster, or null when there is none.</returns>
    public static ClusterChoice? Find(OptionReader options, string? context, out string problem)
    {
        var file = options.Text(Kubeconfig);
        if (file is null && context is null && options.Environment("KUBERNETES_SERVICE_HOST") is { Length: > 0 })
        {
            var pod = new ContainerEnvironment(options.Environment, "/");
            return InCluster.Find(pod, TimeProvider.System, out problem) is { } access
                ? new ClusterChoice(access, InCluster.Namespace(pod, out _) ?? DefaultNamespace)
                : null;
        }

        return KubeconfigAccess.Load(new KubeconfigChoice { File = file, Context = context, Variable = options.Environment }, out problem) is { } found
            ? new ClusterChoice(found.Cluster, found.Namespace ?? DefaultNamespace)
            : null;
    }
}
