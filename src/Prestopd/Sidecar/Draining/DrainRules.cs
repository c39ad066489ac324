namespace Prestopd.Sidecar;

/// <summary>What starts a drain and what bounds it.</summary>
/// <param name="Trigger">What starts it.</param>
/// <param name="Cooldown">The wait after the window was seen empty; zero or more.</param>
/// <param name="MaxWait">The longest drain, cooldown included; <see cref="TimeSpan.MaxValue"/> for no limit.</param>
internal sealed record DrainRules(DrainTrigger Trigger, TimeSpan Cooldown, TimeSpan MaxWait);

/// <summary>What starts a drain.</summary>
internal enum DrainTrigger
{
    /// <summary>Whichever of the two comes first. A signal that comes after <c>/waitz</c> changes nothing, a second one ends the drain.</summary>
    Both,

    /// <summary>The first signal only, as with the original.</summary>
    Signal,

    /// <summary>
    /// The first <c>/waitz</c> that stays. Meant for native sidecars, which kubelet signals when the application is gone: a signal ends
    /// the drain. Where nobody has asked when it comes, it starts one, for the load balancer may still send traffic.
    /// </summary>
    Waitz,
}
