using Prestop.Options;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Prestop;

/// <summary>Every option has an environment variable.</summary>
public sealed class VariableTests
{
    private static EmptyRoot With(params (string Name, string Value)[] variables) =>
        new() { Environment = variables.ToDictionary(pair => pair.Name, pair => pair.Value) };

    /// <summary>All but those that take any text: a body, a file's name, a socket's.</summary>
    public static TheoryData<string> Judged => [.. OptionTable.Rows.Where(row => row.Form is not ("TEXT" or "FILE" or "PATH")).Select(row => row.Name)];

    [Theory]
    [MemberData(nameof(Judged))]
    public async Task A_bad_value_is_told_by_the_variables_name_and_does_not_matter_where_the_option_is_given(string option)
    {
        var row = OptionTable.Rows.Single(row => row.Name == option);
        var refused = await With((row.Variable, "b@d value")).EndsAsync(2, "0");
        Assert.StartsWith($"prestop: {row.Variable}", refused.Stderr.Lines[0], StringComparison.Ordinal);

        string[] given = row.Form switch
        {
            null => [option],
            _ when row.Choices is [var choice, ..] => [option, choice],
            "D" or "N" => [option, "1"],
            "CODES" => [option, "200"],
            "NAME" => [option, "GET"],
            "'NAME: VALUE'" => [option, "A: b"],
            _ => throw new InvalidOperationException($"say here what a good value of {option} {row.Form} is"),
        };
        await With((row.Variable, "b@d value")).EndsAsync(0, [.. given, "0"]);
    }

    [Fact]
    public async Task A_variable_does_what_the_option_does()
    {
        await using var server = FaultyServer.Start(Answer.Status(503), Answer.Status(410));

        var run = await With(
                ("PRESTOP_INTERVAL", "1ms"), ("PRESTOP_STATUS", "410"), ("PRESTOP_METHOD", "PUT"), ("PRESTOP_DATA", "body"),
                ("PRESTOP_HEADER", "X-One: 1\nX-Two: 2\n"), ("PRESTOP_VERBOSE", "true"), ("PRESTOP_LOG_FORMAT", "json"))
            .EndsAsync(0, server.Url());

        var request = server.Requests[1];
        Assert.Equal(("PUT", "body", "1", "2"), (request.Method, request.Body, request.Headers["X-One"], request.Headers["X-Two"]));
        Assert.All(run.Stderr.Lines, line => Assert.StartsWith("{", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_certificate_authority_and_a_socket_can_be_variables()
    {
        using var folder = new TemporaryFolder();
        await using var server = new FaultyServer.Listen { UnixSocket = folder["app.sock"] }.Start();
        File.SetUnixFileMode(folder["app.sock"], (UnixFileMode)0b110_110_110);
        var root = With(("PRESTOP_UNIX_SOCKET", "/run/app/app.sock"));

        await (root with { Files = new() { ["/run/app"] = folder.Path } }).EndsAsync(0, "http://app/");
        await With(("PRESTOP_CACERT", "/no/ca.pem")).EndsAsync(125, "https://localhost/");
    }

    [Fact]
    public async Task Blanks_around_a_value_do_not_count_and_an_empty_one_is_none() =>
        await With(("PRESTOP_MAX", " 5s \n"), ("PRESTOP_MIN", ""), ("PRESTOP_GRACE", "  "), ("PRESTOP_ANY", " false\n"), ("PRESTOP_STATUS", "\n"))
            .EndsAsync(0, "0.01");

    [Fact]
    public async Task What_Kubernetes_sets_for_a_service_named_prestop_does_not_matter() =>
        await With(
                ("PRESTOP_SERVICE_HOST", "10.96.0.1"), ("PRESTOP_SERVICE_PORT", "80"), ("PRESTOP_SERVICE_PORT_HTTP", "80"),
                ("PRESTOP_PORT", "tcp://10.96.0.1:80"), ("PRESTOP_PORT_80_TCP", "tcp://10.96.0.1:80"), ("PRESTOP_PORT_80_TCP_PROTO", "tcp"),
                ("PRESTOP_PORT_80_TCP_PORT", "80"), ("PRESTOP_PORT_80_TCP_ADDR", "10.96.0.1"))
            .EndsAsync(0, "0.01");
}
