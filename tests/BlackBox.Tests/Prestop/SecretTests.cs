using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Prestop;

/// <summary>User names, passwords and queries in URLs, header values and bodies are for the server only.</summary>
public sealed class SecretTests
{
    private const string Secret = "hunter2";

    private static async Task NothingIsShownAsync(int exitCode, EmptyRoot root, params string[] arguments)
    {
        var run = await root.EndsAsync(exitCode, arguments);

        Assert.NotEmpty(run.Stderr.Text + run.Stdout.Text);
        Assert.DoesNotContain(Secret, run.Stderr.Text + run.Stdout.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0, "-v")]
    [InlineData(0, "--log-format", "json", "-v")]
    [InlineData(0, "--dry-run")]
    public async Task Logs_do_not_hold_what_is_sent(int exitCode, params string[] options)
    {
        await using var server = FaultyServer.Start(Answer.Status(503), Answer.Status(200));
        var url = server.Url($"/?token={Secret}#{Secret}").Replace("://", $"://me:{Secret}@", StringComparison.Ordinal);

        await NothingIsShownAsync(exitCode, new EmptyRoot(),
            [.. options, "--interval", "1ms", "-H", $"Authorization: Bearer {Secret}", "--data", Secret, url]);
    }

    [Theory]
    [InlineData("htp://me:hunter2@host/")]
    [InlineData("http://me:hunter2@host:0/")]
    [InlineData("http://me:hunter2@host:99999/")]
    [InlineData("http://me:a/hunter2@host/")]
    [InlineData("gone:http://me:hunter2@host:0/")]
    [InlineData("http://host:0/?token=hunter2")]
    [InlineData("htp://host/?token=hunter2")]
    [InlineData("http://host/?token=hunter2$(UNSET)")]
    [InlineData("http://me:hunter2@$(UNSET)/")]
    [InlineData("me:hunter2@host/path")]
    [InlineData("me:hunter2@http://host/")]
    [InlineData("gone:me:hunter2@host")]
    [InlineData("postgres://me:hunter2@host:5432/db")]
    [InlineData("tcp://me:hunter2@host:80")]
    [InlineData("dns://me:hunter2@host")]
    [InlineData("idle://me:hunter2@:80")]
    [InlineData("unix://me:hunter2@/run/app.sock")]
    [InlineData("endpoints://me:hunter2.x@web")]
    [InlineData("idle://:80,hunter2,me@x")]
    [InlineData("http://host:0/#hunter2")]
    [InlineData("host/?token=hunter2")]
    [InlineData("host/#hunter2")]
    public Task Messages_about_a_URL_do_not_hold_its_secrets(string url) => NothingIsShownAsync(2, new EmptyRoot(), url);

    [Theory]
    [InlineData("-H", "hunter2")]
    [InlineData("-H", "Bearer hunter2: x")]
    [InlineData("-H", "X: hunter2\nY: z")]
    [InlineData("-H", "Authorization: hunter2 $(UNSET)")]
    [InlineData("-d", "hunter2 $(UNSET)")]
    [InlineData("-H", "X: hunter2 \u00e4")]
    [InlineData("-H", "Content-Length: hunter2")]
    [InlineData("-u", "me:hunter2")]
    [InlineData("-ume:hunter2", "0")]
    [InlineData("-qume:hunter2", "0")]
    [InlineData("--user", "me:hunter2")]
    [InlineData("--data-raw", "hunter2")]
    [InlineData("--data-raw=hunter2", "0")]
    [InlineData("--data:hunter2", "0")]
    public Task Messages_about_headers_and_bodies_do_not_hold_them(string option, string value) =>
        NothingIsShownAsync(2, new EmptyRoot(), option, value, "0");

    [Fact]
    public Task A_dry_run_does_not_hold_what_the_environment_puts_into_the_command() =>
        NothingIsShownAsync(0, new EmptyRoot { Environment = { ["TOKEN"] = Secret } }, "--dry-run", "5s", "--", "curl", "$(TOKEN)");

    [Fact]
    public async Task A_failed_connection_does_not_show_the_password()
    {
        using var nobody = DeadPort.Refusing();

        await NothingIsShownAsync(124, new EmptyRoot(), "--max", "0.2", $"http://me:{Secret}@127.0.0.1:{nobody.Port}/");
    }
}
