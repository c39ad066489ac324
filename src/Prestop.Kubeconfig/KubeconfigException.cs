namespace Prestop.Kubeconfig;

/// <summary>What is wrong with a kubeconfig, on its way to <see cref="KubeconfigAccess.Load"/>; it never leaves this project.</summary>
/// <param name="message">One line without a full stop and without secrets.</param>
internal sealed class KubeconfigException(string message) : Exception(message);
