using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Prestop;

/// <summary>Nothing of the image is loaded into the static programs, whatever its configuration files name.</summary>
public sealed class ImageLibraryTests : IAsyncLifetime
{
    private TestNetwork _network = null!;
    private ClusterDns _dns = null!;

    public async ValueTask InitializeAsync()
    {
        _network = await TestNetwork.CreateAsync();
        _dns = await ClusterDns.StartAsync(_network, new DnsRecords());
    }

    public async ValueTask DisposeAsync()
    {
        await _dns.DisposeAsync();
        _network.Dispose();
    }

    /// <summary>As in a Debian image with libnss-myhostname, which resolves the pod's own name: that shows whether it was loaded.</summary>
    private EmptyRoot Debian(TemporaryFolder folder)
    {
        var libraries = $"/lib/{System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture switch
        {
            System.Runtime.InteropServices.Architecture.X64 => "x86_64",
            _ => "aarch64",
        }}-linux-gnu";
        var root = new EmptyRoot { Network = _network, ResolvConf = "nameserver 127.0.0.1\n", Files = { ["/etc/nsswitch.conf"] = folder.Write("nsswitch.conf", "hosts: files myhostname dns\n") } };
        foreach (var library in new[] { "libnss_myhostname.so.2", "libc.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1" })
        {
            if (File.Exists($"{libraries}/{library}"))
            {
                root.Files[$"{libraries}/{library}"] = $"{libraries}/{library}";
            }
        }

        return root.Files.ContainsKey($"{libraries}/libnss_myhostname.so.2") ? root : throw new HarnessException("apt-get install --yes libnss-myhostname");
    }

    [Fact]
    public async Task Names_are_looked_up_in_files_and_by_DNS_alone()
    {
        using var folder = new TemporaryFolder();

        await Debian(folder).EndsAsync(0, "gone:dns://pod");
        await (Debian(folder) with { Hosts = "127.0.0.1 in-files\n" }).EndsAsync(0, "dns://in-files");
        await _dns.PublishAsync("in-dns", "127.0.0.1");
        await Debian(folder).EndsAsync(0, "dns://in-dns");
    }

    [Fact]
    public async Task The_sidecar_looks_names_up_as_prestop_does()
    {
        using var folder = new TemporaryFolder();
        await using var app = new FaultyServer.Listen { Network = _network, Address = System.Net.IPAddress.Any }.Start();
        await using var sidecar = (Debian(folder) with { Environment = new() { ["UPSTREAM"] = $"http://pod:{app.Port}/", ["LOG"] = "yes" } }).Run("prestopd", "sidecar");
        await sidecar.WaitForLineAsync("k8s-prestop-sidecar started");

        await Debian(folder).EndsAsync(0, "--status", "502", "http://127.0.0.1:8080/check");

        Assert.Empty(app.Requests);
    }

    [Fact]
    public async Task The_images_openssl_configuration_is_not_read()
    {
        using var folder = new TemporaryFolder();
        using var certificates = new Certificates();
        await using var server = new FaultyServer.Listen { Certificate = certificates.Good }.Start();
        // Only a provider that can do nothing, as a configuration that names one of the image's modules leaves only that one.
        var configuration = folder.Write("openssl.cnf", "openssl_conf = all\n[all]\nproviders = those\n[those]\nnull = it\n[it]\nactivate = 1\n");
        var root = new EmptyRoot { Files = { ["/usr/lib/ssl/openssl.cnf"] = configuration, ["/ca.pem"] = certificates.AuthorityFile } };

        await root.EndsAsync(0, "--cacert", "/ca.pem", server.Url());
        await (root with { Environment = new() { ["OPENSSL_CONF"] = "/usr/lib/ssl/openssl.cnf" } }).EndsAsync(0, "--cacert", "/ca.pem", server.Url());
    }
}
