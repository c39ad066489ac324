using System.Globalization;
using System.Runtime.InteropServices;

namespace Prestop.Testing;

/// <summary>
/// A network namespace of the test's own: nothing in it but a loopback interface, which is up. Programs run in it by
/// <see cref="Place.Network"/>; sockets that <see cref="Inside{T}"/> opens belong to it, so that a server of the test can listen in it.
/// Needs root.
/// </summary>
/// <remarks>It has no name and no process: it lives by an open file of the test run, and goes with it however that ends.</remarks>
public sealed class TestNetwork : IDisposable
{
    private readonly Descriptor _namespace;

    private TestNetwork(Descriptor @namespace) => _namespace = @namespace;

    /// <summary>What to put before a command line to run it in here.</summary>
    internal string[] Enter => [SystemProgram.Nsenter, $"--net={Path}", "--"];

    /// <summary>The namespace as a file, for as long as this lives.</summary>
    internal string Path => $"/proc/{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}/fd/{_namespace.Number}";

    public static async Task<TestNetwork> CreateAsync()
    {
        // A network namespace belongs to a thread, and so does the change into one: that thread must not serve anybody else afterwards.
        var network = new TestNetwork(OnOwnThread(() =>
        {
            if (Libc.Unshare(Libc.NewNetwork) != 0)
            {
                throw Libc.Failure("cannot make a network namespace: run the tests as root", Marshal.GetLastPInvokeError());
            }

            return Descriptor.OpenToRead("/proc/thread-self/ns/net");
        }));
        await network.SetUpAsync("link set lo up");
        return network;
    }

    /// <summary>Runs ip(8) inside, as if once for each of <paramref name="lines"/>.</summary>
    internal async Task SetUpAsync(params IEnumerable<string> lines)
    {
        using var folder = new TemporaryFolder();
        await using var ip = new OnHost { Network = this }.Run(SystemProgram.Ip, "-batch", folder.Write("batch", string.Join('\n', lines) + '\n'));
        await ip.ExitsWithAsync(0);
    }

    /// <summary>Runs <paramref name="action"/> inside: every socket that it makes stays there, whoever uses it later.</summary>
    public T Inside<T>(Func<T> action) => OnOwnThread(() =>
    {
        Libc.Checked(Libc.SetNamespace(_namespace.Number, Libc.NewNetwork), "setns");
        return action();
    });

    public void Dispose() => _namespace.Dispose();

    private static T OnOwnThread<T>(Func<T> action)
    {
        var done = new TaskCompletionSource<T>();
        new Thread(() =>
        {
            try
            {
                done.SetResult(action());
            }
            catch (Exception failure)
            {
                done.SetException(failure);
            }
        })
        { IsBackground = true, Name = "in a network namespace" }.Start();
        return done.Task.GetAwaiter().GetResult();
    }
}
