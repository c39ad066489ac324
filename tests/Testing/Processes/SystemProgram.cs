namespace Prestop.Testing;

/// <summary>The system programs that the tests lean on. A missing one fails the test and names the package that brings it.</summary>
internal static class SystemProgram
{
    private static string[] Folders { get; } = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    public static string Bubblewrap => Find("bwrap", "bubblewrap");

    public static string Busybox => Find("busybox", "busybox-static");

    public static string Curl => Find("curl", "curl");

    public static string Dnsmasq => Find("dnsmasq", "dnsmasq-base");

    public static string Getent => Find("getent", "libc-bin");

    public static string Ip => Find("ip", "iproute2");

    public static string Kubectl => Find("kubectl", "kubernetes-client");

    public static string Nginx => Find("nginx", "nginx-light");

    public static string Nsenter => Find("nsenter", "util-linux");

    public static string Openssl => Find("openssl", "openssl");

    public static string Prlimit => Find("prlimit", "util-linux");

    public static string Setpriv => Find("setpriv", "util-linux");

    public static string Strace => Find("strace", "strace");

    public static string Unshare => Find("unshare", "util-linux");

    /// <summary>The full path of <paramref name="name"/>, which the Debian package <paramref name="package"/> brings.</summary>
    public static string Find(string name, string package) =>
        Folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
        ?? throw new HarnessException($"{name} is missing: apt-get install --yes {package}");
}
