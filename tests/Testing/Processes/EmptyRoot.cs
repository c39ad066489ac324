using System.Text.Json;

namespace Prestop.Testing;

/// <summary>
/// Runs a program as a scratch image in a pod does: alone in a read-only root with /dev/null and /dev/urandom, UID and GID 65532, no
/// capabilities, no_new_privs, a seccomp filter, process, IPC and host names of its own. Built by bubblewrap (bwrap(1)).
/// </summary>
/// <remarks>
/// Four things differ from a pod. The root's files belong to 65532, not to 0, as a user namespace of one user knows no other.
/// bubblewrap always sets PWD=/. And its watcher turns a death by signal n into exit code 128+n, as runc does for the kubelet.
/// When the program ends, whatever it left running is killed with its process namespace: that nothing is left is seen <see cref="OnHost"/>.
/// </remarks>
public sealed record EmptyRoot : Place
{
    public const string User = "65532";

    /// <summary>The program is process 1, as a container's entry point is; else process 2, below one that reaps, as a hook is.</summary>
    public bool AsPid1 { get; init; }

    /// <summary>/proc of the program's own process namespace. Pods have it; what can do without it should.</summary>
    public bool Proc { get; init; }

    /// <summary>Filter system calls as the kubelet's RuntimeDefault profile does in spirit (<see cref="RuntimeDefaultSeccomp"/>).</summary>
    public bool Seccomp { get; init; } = true;

    /// <summary>/dev/urandom, which every container has and a bare chroot has not.</summary>
    public bool RandomDevice { get; init; } = true;

    /// <summary>An empty network of the program's own: no server anywhere, a loopback interface that is up.</summary>
    public bool Offline { get; init; }

    /// <summary>Content of /etc/resolv.conf, which the kubelet mounts; null for none.</summary>
    public string? ResolvConf { get; init; }

    /// <summary>Content of /etc/hosts, which the kubelet mounts; null for none.</summary>
    public string? Hosts { get; init; }

    /// <summary>Further read-only files and folders: path in the root to path on this machine.</summary>
    public Dictionary<string, string> Files { get; init; } = [];

    /// <summary>Writable folders, as volumes are: path in the root to path on this machine.</summary>
    public Dictionary<string, string> Volumes { get; init; } = [];

    public static Child Start(string program, params string[] arguments) => new EmptyRoot().Run(program, arguments);

    private protected override Launch Prepare(string file, string[] arguments)
    {
        // bubblewrap gets these as its own open files and closes them before the program starts.
        const int information = 3, filter = 4, resolvConf = 5, hosts = 6;
        var inRoot = "/" + Path.GetFileName(file);
        string[] commandLine =
        [
            SystemProgram.Bubblewrap,
            "--unshare-user", "--uid", User, "--gid", User,
            "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--hostname", "pod",
            .. Offline ? ["--unshare-net"] : Array.Empty<string>(),
            .. AsPid1 ? ["--as-pid-1"] : Array.Empty<string>(),
            "--cap-drop", "ALL", "--die-with-parent", "--info-fd", $"{information}",
            "--perms", "0755", "--dir", "/dev",
            "--dev-bind", "/dev/null", "/dev/null",
            .. RandomDevice ? ["--dev-bind", "/dev/urandom", "/dev/urandom"] : Array.Empty<string>(),
            .. Proc ? ["--proc", "/proc"] : Array.Empty<string>(),
            "--ro-bind", file, inRoot,
            .. Content(ResolvConf, resolvConf, "/etc/resolv.conf"),
            .. Content(Hosts, hosts, "/etc/hosts"),
            .. Files.SelectMany(pair => new[] { "--ro-bind", pair.Value, pair.Key }),
            .. Volumes.SelectMany(pair => new[] { "--bind", pair.Value, pair.Key }),
            .. Seccomp ? ["--seccomp", $"{filter}"] : Array.Empty<string>(),
            "--remount-ro", "/", "--chdir", "/", "--clearenv",
            .. Environment.SelectMany(pair => new[] { "--setenv", pair.Key, pair.Value }),
            "--", inRoot, .. arguments,
        ];
        var (read, write) = Descriptor.Pipe();
        var report = ProgramEnd.Reading(read);
        var launch = new Launch(commandLine, new Dictionary<string, string>())
        {
            FindProgram = (child, stop) => FindProgramAsync(report, child, stop),
            HasCpuTime = AsPid1,
        };
        launch.Files[information] = write;
        if (Seccomp)
        {
            launch.Files[filter] = Descriptor.Holding(RuntimeDefaultSeccomp.Filter());
        }

        if (ResolvConf is not null)
        {
            launch.Files[resolvConf] = Descriptor.Holding(ResolvConf);
        }

        if (Hosts is not null)
        {
            launch.Files[hosts] = Descriptor.Holding(Hosts);
        }

        return launch;
    }

    private static string[] Content(string? content, int file, string path) =>
        content is null ? [] : ["--perms", "0644", "--ro-bind-data", $"{file}", path];

    private async Task<int> FindProgramAsync(Task<string> report, Child child, CancellationToken stop)
    {
        var text = await report.WaitAsync(stop);
        if (text.Length == 0)
        {
            throw new HarnessException($"bubblewrap did not start the program{System.Environment.NewLine}{child}");
        }

        using var information = JsonDocument.Parse(text);
        var first = information.RootElement.GetProperty("child-pid").GetInt32();
        return await UntilExecutedAsync(child, () => AsPid1 ? first : ProcessTable.ChildrenOf(first).FirstOrDefault(), stop);
    }
}
