using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Bench.Servers;

/// <summary>As much of the API server as <c>endpoints://</c> asks: a Service with very many ready endpoints, on which nothing changes.</summary>
internal sealed partial class EndpointsServer : LoopbackServer
{
    private const int Slices = Endpoints / EndpointsOfSlice, EndpointsOfSlice = 100; // as the endpoint slice controller fills them

    /// <summary>Serves with <paramref name="certificate"/>.</summary>
    public EndpointsServer(X509Certificate2 certificate)
        : base(certificate)
    {
    }

    public const int Endpoints = 5_000;

    /// <summary>The address of one of the endpoints.</summary>
    public const string PodAddress = "10.0.19.135";

    /// <inheritdoc/>
    protected override bool KeepsConnections => true;

    /// <inheritdoc/>
    protected override void Answer(string target, Stream client)
    {
        if (target.Contains("watch=1", StringComparison.Ordinal))
        {
            client.Write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"u8);
            Thread.Sleep(TimeSpan.FromSeconds(10)); // The client asks for a watch of this length.
            client.Write("0\r\n\r\n"u8);
            return;
        }

        var page = Page(Number(Limit(), target), Number(Continue(), target));
        client.Write(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {page.Length}\r\n\r\n"));
        client.Write(page);
    }

    private static int Number(Regex field, string target) =>
        field.Match(target) is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;

    private static byte[] Page(int limit, int start)
    {
        var end = limit == 0 ? Slices : Math.Min(start + limit, Slices);
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            kind = "EndpointSliceList",
            apiVersion = "discovery.k8s.io/v1",
            metadata = new { resourceVersion = "1000", @continue = end < Slices ? $"{end}" : "" },
            items = Enumerable.Range(start, end - start).Select(Slice),
        });
    }

    private static object Slice(int number) => new
    {
        metadata = new
        {
            name = $"web-{number:00000}",
            @namespace = "shop",
            uid = $"00000000-0000-4000-8000-{number:000000000000}",
            resourceVersion = "1000",
            labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = "web", ["app"] = "web" },
        },
        addressType = "IPv4",
        endpoints = Enumerable.Range(number * EndpointsOfSlice, EndpointsOfSlice).Select(Endpoint),
        ports = new[] { new { name = "http", port = 8080, protocol = "TCP" } },
    };

    private static object Endpoint(int number) => new
    {
        addresses = new[] { $"10.0.{number / 256}.{number % 256}" },
        conditions = new { ready = true, serving = true, terminating = false },
        nodeName = $"ip-10-1-0-{number % 256}.eu-central-1.compute.internal",
        targetRef = new { kind = "Pod", @namespace = "shop", name = $"web-6d4cf56db6-{number:00000}", uid = $"00000000-0000-4000-9000-{number:000000000000}" },
        zone = "eu-central-1a",
    };

    [GeneratedRegex(@"limit=(\d+)")]
    private static partial Regex Limit();

    [GeneratedRegex(@"continue=(\d+)")]
    private static partial Regex Continue();
}
