namespace Prestopd.Hosting;

/// <summary>
/// A limit with two lanes: loopback has places of its own, so that nobody outside the pod can take the place of its preStop hook.
/// </summary>
/// <param name="most">The places for loopback, and as many for all others; at least one.</param>
internal sealed class TwoLanes(int most)
{
    private int _loopback;
    private int _others;
    private long _refused;

    /// <summary>The places of one lane.</summary>
    public int Most => most;

    /// <summary>The places that are taken now, in both lanes.</summary>
    public int Taken => Volatile.Read(ref _loopback) + Volatile.Read(ref _others);

    /// <summary>Those who found no place.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Takes a place.</summary>
    /// <param name="loopback">The lane.</param>
    /// <returns>False when there is none.</returns>
    public bool TryEnter(bool loopback)
    {
        ref var taken = ref loopback ? ref _loopback : ref _others;
        if (Interlocked.Increment(ref taken) <= most)
        {
            return true;
        }

        Interlocked.Decrement(ref taken);
        return false;
    }

    /// <summary>Takes note of one who found no place and was sent away.</summary>
    public void Refuse() => Interlocked.Increment(ref _refused);

    /// <summary>Gives the place back.</summary>
    /// <param name="loopback">The lane.</param>
    public void Leave(bool loopback) => Interlocked.Decrement(ref loopback ? ref _loopback : ref _others);
}
