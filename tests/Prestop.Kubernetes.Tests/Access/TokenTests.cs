using Prestop.Kubernetes.Access;
using Prestop.Kubernetes.Client;
using Xunit;

namespace Prestop.Kubernetes.Tests;

public sealed class TokenTests : IAsyncDisposable
{
    private readonly ClientFixture _fixture = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task A_token_that_was_replaced_is_read_again_as_soon_as_the_old_one_is_refused()
    {
        await _fixture.ListAsync(Cancellation);
        _fixture.Server.Token = "second-token";
        _fixture.Pod.WriteAccount("token", "second-token");

        Assert.True((await _fixture.ListAsync(Cancellation)).Succeeded);
        Assert.Equal(["first-token", "first-token", "second-token"], Tokens);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task A_watch_too_goes_on_with_a_new_token()
    {
        _fixture.Server.Token = "second-token";
        _fixture.Pod.WriteAccount("token", "second-token");

        using var watch = await _fixture.WatchAsync(_fixture.Server.Slices.Version, Cancellation);

        Assert.Equal(["first-token", "second-token"], Tokens);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task A_token_that_is_refused_and_was_not_replaced_is_not_tried_twice()
    {
        _fixture.Server.Token = "second-token";

        Assert.Equal(ApiFault.Unauthorized, (await _fixture.ListAsync(Cancellation)).Error?.Fault);
        Assert.Equal(["first-token"], Tokens);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task The_file_is_read_again_once_a_minute()
    {
        _fixture.Pod.WriteAccount("token", "second-token");
        _fixture.Time.Advance(TokenFile.LongestAge - TimeSpan.FromTicks(1));
        await _fixture.ListAsync(Cancellation);

        _fixture.Server.Token = "second-token";
        _fixture.Time.Advance(TimeSpan.FromTicks(1));
        await _fixture.ListAsync(Cancellation);

        Assert.Equal(["first-token", "second-token"], Tokens);
    }

    [Fact(Timeout = ClientFixture.Patience)]
    public async Task A_file_that_cannot_be_read_for_a_moment_leaves_the_token_as_it_was()
    {
        _fixture.Pod.DeleteAccount("token");
        _fixture.Time.Advance(TokenFile.LongestAge);

        Assert.True((await _fixture.ListAsync(Cancellation)).Succeeded);
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    private IEnumerable<string?> Tokens => _fixture.Server.Requests.Select(request => request.Token);
}
