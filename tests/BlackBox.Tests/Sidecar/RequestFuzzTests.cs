using System.Net.Sockets;
using System.Text.RegularExpressions;
using BlackBox.Tests.Prestop;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Sidecar;

/// <summary>The same streams of requests, good and spoilt, to the sidecar and to nginx: two readers that must not take one stream for two different ones.</summary>
public sealed partial class RequestFuzzTests
{
    private const int Streams = 300;

    [Fact]
    public async Task What_the_sidecar_takes_for_a_request_is_one_to_nginx_too()
    {
        using var network = await TestNetwork.CreateAsync();
        await using var nginx = await NginxServer.StartAsync(certificate: null, network);
        await using var pod = await SidecarPod.StartAsync("", network);
        var first = Fuzz.Variable("PRESTOPSLEEP_SEED") ?? 0;
        for (var seed = first; seed < first + Streams; seed++)
        {
            var stream = new RequestSeries(seed);

            var statuses = await StatusesAsync(await pod.ConnectAsync(), stream.Bytes);
            var others = await StatusesAsync(await pod.ConnectAsync(nginx.Port), stream.Bytes);

            // nginx reads a body before it answers, the sidecar, which needs none, after: then it closes the connection.
            var taken = statuses.Count(status => status == 200);
            var atMost = others.Count(status => status == 200) + (stream.IsSpoilt && stream.IsChunked ? 1 : 0);
            Assert.True(taken <= atMost, $"seed {seed}: [{string.Join(' ', statuses)}], nginx [{string.Join(' ', others)}] to\n{stream}");
            Assert.True(stream.IsSpoilt || taken == stream.Requests.Count, $"seed {seed}: [{string.Join(' ', statuses)}] to\n{stream}");
            Assert.DoesNotContain(statuses.SkipLast(1), status => status != 200);
        }
    }

    private static async Task<int[]> StatusesAsync(Socket client, byte[] bytes)
    {
        using (client)
        {
            await client.SendAsync(bytes, TestContext.Current.CancellationToken);
            client.Shutdown(SocketShutdown.Send);
            return [.. StatusLine().Matches(await SidecarPod.ReadToEndAsync(client)).Select(line => int.Parse(line.ValueSpan[9..12], System.Globalization.CultureInfo.InvariantCulture))];
        }
    }

    [GeneratedRegex("HTTP/1\\.1 [0-9]{3} ")]
    private static partial Regex StatusLine();
}
