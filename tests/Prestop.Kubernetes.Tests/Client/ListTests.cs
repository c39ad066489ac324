using System.Net;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;
using Prestop.Testing.ApiServer;
using Xunit;

namespace Prestop.Kubernetes.Tests;

public sealed class ListTests : IAsyncDisposable
{
    private readonly ClientFixture _fixture = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private LoopbackApiServer Server => _fixture.Server;

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task Puts_all_parts_together_and_keeps_the_version()
    {
        for (var i = 0; i < 5; i++)
        {
            Server.Slices.Put(new Slice($"web-{i}"));
        }

        var version = Server.Slices.Version;
        var list = (await _fixture.ListAsync(Cancellation)).Value;

        Assert.Equal(["web-0", "web-1", "web-2", "web-3", "web-4"], list?.Items.Select(slice => slice.Metadata.Name));
        Assert.Equal($"{version}", list?.ResourceVersion);
        Assert.Equal(["2", "2", "2"], Server.Requests.Select(request => request["limit"]));
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task Asks_for_the_service_in_its_namespace_with_the_token()
    {
        Server.Slices.Put(new Slice("web-1"));
        Server.Slices.Put(new Slice("other-1") { Service = "other" });
        Server.Slices.Put(new Slice("lab-1") { Namespace = "lab" });

        var list = (await _fixture.ListAsync(Cancellation)).Value;

        Assert.Equal(["web-1"], list?.Items.Select(slice => slice.Metadata.Name));
        var request = Assert.Single(Server.Requests);
        Assert.Equal("/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices", request.Path);
        Assert.Equal("first-token", request.Token);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task Reads_what_the_api_says_of_endpoints()
    {
        Server.Slices.Put(new Slice(
            "web-1",
            new SliceEndpoint("10.0.0.1") { Pod = "web-a" },
            new SliceEndpoint("10.0.0.2") { Ready = false, Terminating = true },
            new SliceEndpoint("10.0.0.3") { Ready = null },
            new SliceEndpoint("10.0.0.4") { HasConditions = false },
            new SliceEndpoint("10.0.0.5", "10.0.0.6") { Pod = "node-1", TargetKind = "Node" }));

        var slice = Assert.Single((await _fixture.ListAsync(Cancellation)).Value!.Items);

        Assert.Equal([true, false, true, true, true], slice.Endpoints.Select(endpoint => endpoint.IsReady));
        Assert.Equal(["web-a", null, null, null, null], slice.Endpoints.Select(endpoint => endpoint.PodName));
        Assert.Equal(["10.0.0.5", "10.0.0.6"], slice.Endpoints[4].Addresses);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task A_slice_with_null_for_its_endpoints_is_empty()
    {
        Server.Slices.Put(new Slice("web-1"));

        Assert.Empty(Assert.Single((await _fixture.ListAsync(Cancellation)).Value!.Items).Endpoints);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task A_list_that_changed_too_much_between_two_parts_is_gone()
    {
        Server.Slices.Put(new Slice("web-1"));
        Server.Slices.Put(new Slice("web-2"));
        Server.Slices.Put(new Slice("web-3"));
        Server.ReplyOnce("list", async (stream, request, cancellation) =>
        {
            var version = Server.Slices.Version;
            Server.Slices.Compact();
            var page = $$$"""{"metadata":{"resourceVersion":"{{{version}}}","continue":"{{{version}}}:2"},"items":[]}""";
            await LoopbackApiServer.SendAsync(stream, 200, page, cancellation);
        });

        Assert.Equal(ApiFault.Expired, (await _fixture.ListAsync(Cancellation)).Error?.Fault);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task Objects_of_megabytes_are_read()
    {
        Server.Slices.Put(new Slice("web-1", new SliceEndpoint("10.0.0.1")) { Padding = 5_000_000 });
        Server.Slices.Put(new Slice("web-2") { Padding = 5_000_000 });

        Assert.Equal(2, (await _fixture.ListAsync(Cancellation)).Value?.Items.Count);
    }

    [Theory(Timeout = ClientFixture.Patience)]
    [InlineData("")]
    [InlineData("<html>welcome</html>")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"kind":"Status","status":"Success"}""")]
    [InlineData("""{"metadata":{"resourceVersion":"7"}}""")]
    [InlineData("""{"metadata":{},"items":[]}""")]
    [InlineData("""{"metadata":{"resourceVersion":"7"},"items":[""")]
    [InlineData("""{"metadata":{"resourceVersion":"7"},"items":[null]}""")]
    [InlineData("""{"metadata":{"resourceVersion":"7"},"items":[{}]}""")]
    [InlineData("""{"metadata":{"resourceVersion":"7"},"items":{}}""")]
    [InlineData("""{"metadata":{"resourceVersion":7},"items":[]}""")]
    [InlineData("""{"metadata":{"resourceVersion":"7"},"items":[]} trailing""")]
    [InlineData("""{"metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"a"},"endpoints":["x"]}]}""")]
    [InlineData("""{"metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"a"},"endpoints":[{"conditions":{"ready":"no"}}]}]}""")]
    public async Task What_is_no_list_is_never_taken_for_an_empty_one(string body)
    {
        Server.ReplyOnce("list", LoopbackApiServer.Answering(200, body));

        Assert.Equal(ApiFault.Transient, (await _fixture.ListAsync(Cancellation)).Error?.Fault);
    }

    [Theory(Timeout = ClientFixture.Patience)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[]}")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2f\r\n{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[]}\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n\r\n")]
    public async Task An_answer_that_breaks_off_or_is_not_http_is_transient(string raw)
    {
        Server.ReplyOnce("list", async (stream, _, cancellation) =>
        {
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(raw), cancellation);
            await stream.FlushAsync(cancellation);
        });

        Assert.Equal(ApiFault.Transient, (await _fixture.ListAsync(Cancellation)).Error?.Fault);
    }

    [Theory(Timeout = ClientFixture.Patience)]
    [InlineData(429, "Retry-After: 3", 3)]
    [InlineData(503, "Retry-After: Thu, 01 Jan 2026 00:00:09 GMT", 9)]
    [InlineData(429, "Retry-After: 86400", 30)]
    [InlineData(429, "Retry-After: soon", null)]
    [InlineData(500, "X-Nothing: 1", null)]
    [InlineData(504, "Retry-After: Thu, 01 Jan 2015 00:00:00 GMT", null)]
    public async Task A_server_that_is_busy_says_when_to_come_back(int code, string header, int? seconds)
    {
        Server.ReplyOnce("list", LoopbackApiServer.Answering(code, "too many requests\n", header));

        var error = (await _fixture.ListAsync(Cancellation)).Error;

        Assert.Equal(ApiFault.Transient, error?.Fault);
        Assert.Equal(seconds, error?.RetryAfter?.TotalSeconds);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task When_to_come_back_may_stand_in_the_body()
    {
        var status = LoopbackApiServer.Status(429, "TooManyRequests", "slow\ndown");
        status["details"] = new System.Text.Json.Nodes.JsonObject { ["retryAfterSeconds"] = 4 };
        Server.ReplyOnce("list", LoopbackApiServer.Answering(429, status.ToJsonString()));

        var error = (await _fixture.ListAsync(Cancellation)).Error;

        Assert.Equal(4, error?.RetryAfter?.TotalSeconds);
        Assert.Equal(
            "the API server answers 429 to list endpointslices.discovery.k8s.io in namespace shop: slow down", error?.Message);
    }

    [Theory(Timeout = ClientFixture.Patience)]
    [InlineData(302, ApiFault.Rejected)]
    [InlineData(400, ApiFault.Rejected)]
    [InlineData(404, ApiFault.NotFound)]
    [InlineData(408, ApiFault.Transient)]
    [InlineData(410, ApiFault.Expired)]
    public async Task Every_refusal_has_its_kind(int code, ApiFault fault)
    {
        Server.ReplyOnce("list", LoopbackApiServer.Answering(code, "", "Location: https://elsewhere/"));

        Assert.Equal(fault, (await _fixture.ListAsync(Cancellation)).Error?.Fault);
        Assert.Single(Server.Requests);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task What_rbac_does_not_allow_is_named()
    {
        Server.Forbidden["list"] = true;

        var error = (await _fixture.ListAsync(Cancellation)).Error;

        Assert.Equal(ApiFault.Forbidden, error?.Fault);
        Assert.Equal("list endpointslices.discovery.k8s.io in namespace shop", error?.Call.ToString());
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task A_server_that_does_not_answer_is_given_up_in_time()
    {
        Server.ReplyOnce("list", LoopbackApiServer.Silence);
        var asked = _fixture.ListAsync(Cancellation);
        await Server.SeenAsync("list", 1);

        _fixture.Time.Advance(_fixture.Client.AnswerTimeout - TimeSpan.FromTicks(1));
        Assert.False(asked.IsCompleted);
        _fixture.Time.Advance(TimeSpan.FromTicks(1));

        Assert.Equal(ApiFault.Transient, (await asked).Error?.Fault);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task An_answer_that_stops_halfway_is_given_up_in_time()
    {
        var half = new TaskCompletionSource();
        Server.ReplyOnce("list", async (stream, request, cancellation) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"u8.ToArray(), cancellation);
            await stream.FlushAsync(cancellation);
            half.SetResult();
            await LoopbackApiServer.Silence(stream, request, cancellation);
        });
        var asked = _fixture.ListAsync(Cancellation);
        await half.Task;

        _fixture.Time.Advance(_fixture.Client.AnswerTimeout);

        Assert.Equal(ApiFault.Transient, (await asked).Error?.Fault);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task The_callers_cancellation_ends_it_and_is_told_from_a_time_out()
    {
        Server.ReplyOnce("list", LoopbackApiServer.Silence);
        using var caller = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var asked = _fixture.ListAsync(caller.Token);
        await Server.SeenAsync("list", 1);

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task A_port_where_nobody_listens_is_transient()
    {
        var address = Server.Address;
        await Server.DisposeAsync();

        var error = (await _fixture.ListAsync(Cancellation)).Error;

        Assert.Equal(ApiFault.Transient, error?.Fault);
        Assert.Equal($"no connection to the API server at {address}: refused", error?.Message);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task A_connection_is_used_again()
    {
        await _fixture.ListAsync(Cancellation);
        await _fixture.ListAsync(Cancellation);

        Assert.Equal([1, 1], Server.Requests.Select(request => request.Connection));
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task One_object_is_fetched_by_name()
    {
        Server.Slices.Put(new Slice("web-1"));

        Assert.Equal("web-1", (await GetAsync("web-1")).Value?.Metadata.Name);
        Assert.Equal(ApiFault.NotFound, (await GetAsync("web-2")).Error?.Fault);

        Task<ApiResult<EndpointSlice>> GetAsync(string name) =>
            _fixture.Client.GetAsync(EndpointSlice.Resource, "shop", name, Cancellation);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task The_server_may_be_on_ipv6()
    {
        await using var fixture = new ClientFixture(IPAddress.IPv6Loopback);

        Assert.True((await fixture.ListAsync(Cancellation)).Succeeded);
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();
}
