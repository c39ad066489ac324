using System.Net;
using Bench.Processes;
using Bench.Servers;
using Prestop.Testing;

namespace Bench.Order;

/// <summary>
/// The order in which the linker lays out the C libraries' code in <c>prestop</c>: first what a wait for http executes, then what other
/// waits and TLS add, then the rest. The kernel maps sixteen pages for each that is asked for; code that lies together takes fewer.
/// </summary>
internal static class FunctionOrder
{
    /// <summary>What the list says of itself; lld passes over lines that begin with #.</summary>
    private static string[] Header { get; } =
    [
        "# Functions of glibc, OpenSSL and the runtime's C++ in the order in which lld lays them out in prestop: first what a wait for http executes,",
        "# then what other waits add, then TLS. Written by './build.sh order', which traces typical waits with valgrind's callgrind and looks the",
        "# addresses up in the linker's map. A name that is no longer there does no harm; a test tells when too many are gone. To be written again",
        "# then, or when the distribution's libraries or the framework change.",
    ];

    /// <summary>Hundreds of attempts, so that every kind of garbage collection is among what is executed.</summary>
    private static string[] Brief { get; } = ["--max", "6s", "--interval", "1ms", "--on-failure", "continue"];

    /// <summary>Traces <c>out/prestop</c> and writes the list that the linker is given.</summary>
    /// <param name="map">The linker's map of <c>out/prestop</c>.</param>
    /// <param name="list">The file to write: a function a line, behind some words on where it comes from.</param>
    /// <param name="folder">Where the traces are kept meanwhile.</param>
    /// <returns>How many functions it names.</returns>
    public static int Write(string map, string list, TemporaryFolder folder)
    {
        using var certificate = CertificateMaker.SelfSigned("127.0.0.1", IPAddress.Loopback);
        using var rsaCertificate = CertificateMaker.SelfSigned("127.0.0.1", IPAddress.Loopback, rsaBits: 2048);
        var authority = folder["ca.pem"];
        File.WriteAllText(authority, $"{certificate.ExportCertificatePem()}\n{rsaCertificate.ExportCertificatePem()}\n");
        using var http = new WaitServer();
        using var https = new WaitServer(certificate);
        using var rsa = new WaitServer(rsaCertificate);
        string[][][] groups =
        [
            [["10ms"], [http.AtOnce], [http.NotYet], [http.Never]],
            [["tcp://127.0.0.1:1"], ["--quiet", "1s", "idle://:1"], ["gone:dns://localhost"]],
            [["--cacert", authority, https.NotYet], ["--cacert", authority, https.Never], ["--cacert", authority, rsa.NotYet]],
        ];

        var code = new LinkMap(map);
        var ordered = new List<string>();
        foreach (var waits in groups)
        {
            var executed = waits.SelectMany(wait => ExecutedCode.Of(new Command(Repository.Published("prestop"), [.. Brief, .. wait]), folder));
            var sections = executed.Select(code.At).OfType<CodeSection>().Distinct().SelectMany(code.TwinsOf);
            var names = sections.Select(section => section.Name).OfType<string>();
            ordered.AddRange(names.Distinct().Except(ordered).Order(StringComparer.Ordinal));
        }

        File.WriteAllLines(list, [.. Header, .. ordered]);
        return ordered.Count;
    }
}
