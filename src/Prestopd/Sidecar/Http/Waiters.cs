namespace Prestopd.Sidecar;

/// <summary>
/// Counts the callers of <c>/waitz</c> and bounds them. Loopback has places of its own, so that nobody outside the pod can take the
/// place of its preStop hook.
/// </summary>
/// <param name="most">The places for loopback, and as many for all others.</param>
internal sealed class Waiters(int most)
{
    private int _local;
    private int _remote;
    private long _refused;

    /// <summary>Those who wait now.</summary>
    public int Count => Volatile.Read(ref _local) + Volatile.Read(ref _remote);

    /// <summary>Those who were sent away.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Takes a place.</summary>
    /// <returns>False when there is none.</returns>
    public bool TryEnter(bool local)
    {
        ref var places = ref local ? ref _local : ref _remote;
        if (Interlocked.Increment(ref places) <= most)
        {
            return true;
        }

        Interlocked.Decrement(ref places);
        Interlocked.Increment(ref _refused);
        return false;
    }

    /// <summary>Gives the place back.</summary>
    public void Leave(bool local) => Interlocked.Decrement(ref local ? ref _local : ref _remote);
}
