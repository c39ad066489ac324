using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Sidecar;

/// <summary>The application's own health, asked over real connections.</summary>
public sealed class UpstreamTests
{
    [Fact]
    public async Task Its_status_is_passed_on_over_one_connection_until_the_drain_starts()
    {
        using var network = await TestNetwork.CreateAsync();
        await using var application = Application(network,
            async conversation =>
            {
                await conversation.ReadRequestAsync();
                await conversation.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                await conversation.ReadRequestAsync();
                await conversation.SendAsync("HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n");
                await conversation.UntilHangUpAsync();
            });
        await using var pod = await SidecarAsync(network);

        Assert.Equal(200, await pod.StatusAsync("/"));
        Assert.Equal(500, await pod.StatusAsync("/"));
        await pod.Sidecar.SignalAsync(Signal.Terminate);
        await pod.Sidecar.WaitForLineAsync("received signal terminated");

        Assert.Equal(503, await pod.StatusAsync("/"));
        Assert.Equal(2, application.Requests.Count);
        Assert.Equal(3, await pod.MetricAsync("prestopd_sidecar_hits_total"));
    }

    [Fact]
    public async Task A_kept_connection_that_is_closed_when_the_question_comes_is_replaced_by_a_new_one()
    {
        using var network = await TestNetwork.CreateAsync();
        await using var application = Application(network,
            async conversation =>
            {
                await conversation.ReadRequestAsync();
                await conversation.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                await conversation.ReadRequestAsync();
                conversation.Reset();
            },
            Answer.Status(201));
        await using var pod = await SidecarAsync(network);

        Assert.Equal(200, await pod.StatusAsync("/"));
        Assert.Equal(201, await pod.StatusAsync("/"));
    }

    [Fact]
    public async Task A_body_that_stalls_after_its_head_does_not_hold_up_the_questions_that_follow()
    {
        using var network = await TestNetwork.CreateAsync();
        await using var application = Application(network,
            async conversation =>
            {
                await conversation.ReadRequestAsync();
                await conversation.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok");
                await conversation.UntilHangUpAsync();
            });
        await using var pod = await SidecarAsync(network);

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(200, await pod.StatusAsync("/"));
        }
    }

    [Fact]
    public async Task An_application_that_is_not_there_is_502_and_one_that_hangs_is_504()
    {
        using var network = await TestNetwork.CreateAsync();
        await using var application = Application(network, Answer.Silence);
        await using (var pod = await SidecarPod.StartAsync("UPSTREAM=http://127.0.0.1:9000/ UPSTREAM_TIMEOUT=100ms", network))
        {
            Assert.Equal(504, await pod.StatusAsync("/"));
        }

        await using var other = await SidecarPod.StartAsync("UPSTREAM=http://127.0.0.1:9001/");

        Assert.Equal(502, await other.StatusAsync("/"));
    }

    [Fact]
    public async Task Certificates_are_verified()
    {
        using var certificates = new Certificates();
        using var network = await TestNetwork.CreateAsync();
        await using var trusted = Listening(9001, certificates.Good);
        await using var untrusted = Listening(9002, certificates.Untrusted);

        Assert.Equal(200, await AskAsync(9001));
        Assert.Equal(502, await AskAsync(9002));

        FaultyServer Listening(int port, ServerCertificate certificate) =>
            new FaultyServer.Listen { Network = network, Port = port, Certificate = certificate }.Start(Answer.Status(200));

        async Task<int> AskAsync(int port)
        {
            await using var sidecar = new EmptyRoot
            {
                Network = network,
                Environment = SidecarPod.Variables($"LOG=yes PORT={port + 1000} UPSTREAM=https://127.0.0.1:{port}/ UPSTREAM_TIMEOUT=30s SSL_CERT_FILE=/ca.pem"),
                Files = { ["/ca.pem"] = certificates.AuthorityFile },
            }.Run("prestopd", "sidecar");
            await sidecar.WaitForLineAsync("started");
            await using var curl = new OnHost { Network = network }
                .Run(SystemProgram.Curl, "--silent", "--write-out", "%{http_code}", $"http://127.0.0.1:{port + 1000}/");
            await curl.ExitsWithAsync(0);
            return int.Parse(curl.Stdout.Text[^3..], System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    private static FaultyServer Application(TestNetwork network, params Script[] answers) =>
        new FaultyServer.Listen { Network = network, Port = 9000 }.Start(answers);

    private static Task<SidecarPod> SidecarAsync(TestNetwork network) => SidecarPod.StartAsync("UPSTREAM=http://127.0.0.1:9000/health", network);
}
