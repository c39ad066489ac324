namespace Prestopd.Controller.Injection;

/// <summary>How the program of a hook gets into a pod.</summary>
internal enum HookDelivery
{
    /// <summary>Its image is mounted as a volume (Kubernetes 1.35 and later by default): nothing else about the pod changes.</summary>
    ImageVolume,

    /// <summary>An init container copies it into an <c>emptyDir</c>.</summary>
    InitContainer,

    /// <summary>There is none: the kubelet sleeps (<c>preStop.sleep</c>, Kubernetes 1.30 and later), whatever the traffic does.</summary>
    NativeSleep,
}

/// <summary>The hooks that are added to pods.</summary>
/// <param name="Delivery">How their program gets into the pods.</param>
/// <param name="Image">The image that holds it as <c>/bin/prestop</c>.</param>
/// <param name="PullPolicy">When the image is pulled: <c>IfNotPresent</c>; null for what Kubernetes takes by itself.</param>
internal sealed record HookSettings(HookDelivery Delivery, string Image, string? PullPolicy);
