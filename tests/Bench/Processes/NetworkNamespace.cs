using System.Runtime.InteropServices;
using Prestop.Testing;

namespace Bench.Processes;

/// <summary>A network namespace with nothing but its loopback: nobody else's connections and counters are in it (network_namespaces(7)).</summary>
/// <remarks>
/// Only the calling thread enters, and what it starts from then on: threads, processes. /proc/net shows the namespace of a process's
/// first thread, so this must be that one: the one that runs the bench from its first line.
/// </remarks>
internal sealed class NetworkNamespace : IDisposable
{
    private const string Own = "/proc/thread-self/ns/net";

    private readonly int _home;

    private NetworkNamespace(int home) => _home = home;

    /// <summary>Where a section was measured, for its legend.</summary>
    public static string NameOf(NetworkNamespace? entered) =>
        entered is null ? "the namespace of this machine, which others use too: a namespace of its own needs root" : "a network namespace of its own";

    /// <summary>Makes a namespace and enters it until <see cref="Dispose"/>; null when that is not allowed.</summary>
    public static NetworkNamespace? TryEnter()
    {
        var home = Libc.Open(Own, Libc.CloseOnExec);
        if (home < 0 || Libc.Unshare(Libc.NewNetwork) < 0)
        {
            _ = Libc.Close(home);
            return null;
        }

        var entered = new NetworkNamespace(home);
        try
        {
            new Command(SystemProgram.Find("ip", "iproute2"), "link", "set", "lo", "up").Run();
            return entered;
        }
        catch
        {
            entered.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        var isBack = Libc.SetNamespace(_home, Libc.NewNetwork) == 0;
        var reason = Marshal.GetLastPInvokeErrorMessage();
        _ = Libc.Close(_home);
        if (!isBack)
        {
            throw new BenchException($"cannot go back to the network namespace of this machine: {reason}");
        }
    }
}
