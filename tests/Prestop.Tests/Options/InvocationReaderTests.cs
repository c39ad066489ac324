using Prestop.Core;
using Prestop.Core.Plans;
using Prestop.Core.Waiting;
using Prestop.Options;
using Xunit;

namespace Prestop.Tests.Options;

public class InvocationReaderTests
{
    private static readonly Dictionary<string, string> NoVariables = [];

    [Theory]
    [InlineData("missing step", "")]
    [InlineData("'5M': not a duration; write 5m", "5M")]
    [InlineData("'localhost:8080': not a duration; a URL begins with its scheme, such as http://, tcp:// or dns://", "localhost:8080")]
    [InlineData("'www.example.com/drained': not a duration; a URL begins with its scheme", "www.example.com/drained")]
    [InlineData("'[::1]:80': not a duration; a URL begins with its scheme", "5s [::1]:80")]
    [InlineData("'/wait-shutdown': not a duration; a file is file:///PATH, and a command stands behind '--'", "5s /wait-shutdown")]
    [InlineData("'nginx': not a duration; write 30s, 500ms or 1m30s, and a command behind '--'", "5s nginx")]
    [InlineData("'htp://x': unknown scheme; use one of http, https", "htp://x")]
    [InlineData("'http://': not a URL", "http://")]
    [InlineData("'http://h:0/': port 0", "http://h:0/")]
    [InlineData("'gone:5s': 'gone:' needs a URL", "gone:5s")]
    [InlineData("missing command after '--'", "5s --")]
    [InlineData("unrecognized option '--foo'", "--foo 5s")]
    [InlineData("unrecognized option '-1'", "-1")]
    [InlineData("option '--max' needs a value: --max D", "5s --max")]
    [InlineData("--max '--any': not a duration", "--max --any 5s")]
    [InlineData("--max '-1': not a duration", "--max -1 5s")]
    [InlineData("--interval '0': too short; write 1ms or more", "--interval 0 5s")]
    [InlineData("--successes '0': write a whole number from 1 to 1000000", "--successes 0 5s")]
    [InlineData("--successes '1e3'", "--successes 1e3 5s")]
    [InlineData("--on-failure 'go': unknown; write stop or continue", "--on-failure go 5s")]
    [InlineData("--status '99': not a set of statuses", "--status 99 5s")]
    [InlineData("--status '299-200'", "--status 299-200 5s")]
    [InlineData("--method 'G@T': not an HTTP method", "--method G@T 5s")]
    [InlineData("--header: not a header field", "-H no_name:\u00a0 5s")]
    [InlineData("--log-to 'file'", "--log-to file 5s")]
    [InlineData("--quiet 'Auto': not a duration", "--quiet Auto idle://:80")]
    [InlineData("--quiet 'none': not a duration", "--quiet none idle://:80")]
    [InlineData("--quiet-unseen '0': too short; write 1ms or more", "--quiet-unseen 0 idle://:80")]
    [InlineData("--ignore 'nodes'", "--ignore node,nodes idle://:80")]
    [InlineData("--min '9s': above --max '8s'; lower it or raise --max", "--min 9s --max 8s 5s")]
    [InlineData("--any and --all exclude each other", "--any --all 5s")]
    [InlineData("'install' needs one directory", "install")]
    [InlineData("'install' needs one directory", "install /a /b")]
    [InlineData("'install' needs one directory", "install /a -- /b")]
    public void What_cannot_be_used_is_refused_in_one_line_with_value_and_fix(string problem, string line)
    {
        string[] words = [.. Words(line).Select(word => word.Replace("no_name:\u00a0", "no name:x", StringComparison.Ordinal))];

        var refusal = Assert.IsType<Invocation.Refusal>(Read(words, NoVariables));

        Assert.Equal(ExitCodes.Usage, refusal.ExitCode);
        Assert.StartsWith(problem, Assert.Single(refusal.Reasons), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Reasons[0]);
    }

    [Theory]
    [InlineData("idle://:80", 2.7)]
    [InlineData("--quiet auto idle://:80", 2.7)]
    [InlineData("--quiet-unseen 1s idle://:80", 1)]
    [InlineData("--quiet-unseen 60s idle://:80", 2.7)]
    [InlineData("--quiet 9s closed://:80", 9)]
    public void The_quiet_period_is_auto_unless_a_length_is_given(string line, double shortest)
    {
        var step = Assert.IsType<ConditionStep>(Assert.Single(Assert.IsType<Invocation.Wait>(Read(Words(line), NoVariables)).Plan.Steps));

        Assert.Equal(shortest, step.Condition.ShortestWait.TotalSeconds, 0.001);
    }

    [Theory]
    [InlineData("--ignore node idle://:80", "10.0.0.1", null)]
    [InlineData("--ignore node idle://:80", "10.0.0.1,fd00::1", null)]
    [InlineData("--ignore node idle://:80", "", null)]
    [InlineData("--ignore node idle://:80", "node-7", "HOST_IP 'node-7': ")]
    [InlineData("--ignore 10.0.0.2,node --ignore none idle://:80", "10.0.0", "HOST_IP '10.0.0': ")]
    [InlineData("--ignore none idle://:80", "node-7", null)]
    public void The_addresses_of_the_node_are_read_where_they_are_used(string line, string host, string? problem)
    {
        var invocation = Read(Words(line), new Dictionary<string, string> { ["HOST_IP"] = host });

        Assert.Equal(problem is not null, invocation is Invocation.Refusal);
        Assert.StartsWith(problem ?? "", invocation is Invocation.Refusal refusal ? Assert.Single(refusal.Reasons) : "", StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once()
    {
        var refusal = Assert.IsType<Invocation.Refusal>(Read(Words("5M --max x htp://y --foo"), NoVariables));

        Assert.Equal(4, refusal.Reasons.Count);
    }

    [Theory]
    [InlineData("--cacert /nowhere/ca.pem https://h/")]
    [InlineData("--data @/nowhere/data http://h/")]
    public void No_file_is_opened(string line) => ReadWait(Words(line));

    [Theory]
    [InlineData("-u", "me:s3cret")]
    [InlineData("--data-raw", "s3cret")]
    [InlineData("--data-raw=s3cret")]
    [InlineData("-ks3cret")]
    [InlineData("me:s3cret@h")]
    [InlineData("s:s3cret@h://x")]
    [InlineData("gone:me:s3cret@h/x@y")]
    [InlineData("h#s3cret")]
    public void What_may_be_a_secret_is_not_repeated(params string[] words)
    {
        var refusal = Assert.IsType<Invocation.Refusal>(Read(words, NoVariables));

        Assert.DoesNotContain("s3cret", Assert.Single(refusal.Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_taken_as_data_and_in_the_command_alone()
    {
        var variables = new Dictionary<string, string> { ["BYTES"] = "\udcff" };

        Assert.Equal(["\udcff"], ReadWait(["0", "-d", "$(BYTES)", "--", "$(BYTES)"], variables).Command);
        Assert.All(
            new[] { new[] { "http://$(BYTES)/" }, ["0", "--cacert", "$(BYTES)"], ["0", "-H", "A: $(BYTES)"] },
            words => Assert.EndsWith("not UTF-8; write other bytes of a URL as %XX", Assert.Single(Assert.IsType<Invocation.Refusal>(Read(words, variables)).Reasons), StringComparison.Ordinal));
    }

    [Fact]
    public void Steps_are_read_in_order()
    {
        var wait = ReadWait(Words("1m30s HTTP://h/a gone:https://h/b"));

        Assert.Equal(["1m30s", "HTTP://h/a", "gone:https://h/b"], wait.Plan.Steps.Select(step => step.Text));
        Assert.Equal(TimeSpan.FromSeconds(90), Assert.IsType<PauseStep>(wait.Plan.Steps[0]).Length);
        Assert.IsType<GoneCondition>(Assert.IsType<ConditionStep>(wait.Plan.Steps[2]).Condition);
    }

    [Fact]
    public void User_password_query_and_fragment_of_a_url_are_not_part_of_the_text_that_is_shown()
    {
        var wait = ReadWait(["http://me:s3cret@h:80/p@th?a@b", "gone:http://me:s3cret@h", "http://h/#s3cret", "http://@h"]);

        Assert.Equal(["http://***@h:80/p@th?***", "gone:http://***@h", "http://h/#***", "http://@h"], wait.Plan.Steps.Select(step => step.Text));
    }

    [Fact]
    public void Options_may_stand_behind_steps_and_the_last_one_counts()
    {
        var wait = ReadWait(Words("5s --max 10s --max=20s"));

        Assert.Equal(TimeSpan.FromSeconds(20), wait.Plan.Max);
    }

    [Fact]
    public void The_command_is_what_stands_behind_the_first_dashes_options_and_dashes_included()
    {
        Assert.Equal(["/bin/echo", "--max", "--", "-v"], ReadWait(Words("5s -- /bin/echo --max -- -v")).Command);
    }

    [Fact]
    public void A_word_that_begins_with_an_at_sign_is_no_response_file()
    {
        Assert.StartsWith("'@/etc/passwd'", Assert.IsType<Invocation.Refusal>(Read(["@/etc/passwd"], NoVariables)).Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Every_option_has_a_variable_and_the_option_wins()
    {
        var variables = new Dictionary<string, string> { ["PRESTOP_MAX"] = " 40s\n", ["PRESTOP_ANY"] = "true", ["PRESTOP_ON_FAILURE"] = "continue" };

        var fromVariables = ReadWait(["5s"], variables).Plan;
        var fromOption = ReadWait(Words("5s --max 9s"), variables).Plan;

        Assert.Equal((TimeSpan.FromSeconds(40), StepOrder.Any, true), (fromVariables.Max, fromVariables.Order, fromVariables.ContinueOnFailure));
        Assert.Equal(TimeSpan.FromSeconds(9), fromOption.Max);
    }

    [Fact]
    public void A_bad_value_in_a_variable_is_told_by_the_variables_name()
    {
        var refusal = Assert.IsType<Invocation.Refusal>(Read(["5s"], new() { ["PRESTOP_MAX"] = "soon", ["PRESTOP_ALL"] = "maybe" }));

        Assert.StartsWith("PRESTOP_ALL 'maybe': neither true nor false", refusal.Reasons[0], StringComparison.Ordinal);
        Assert.StartsWith("PRESTOP_MAX 'soon': not a duration", refusal.Reasons[1], StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_variable_counts_as_not_set()
    {
        Assert.Null(ReadWait(["5s"], new() { ["PRESTOP_MAX"] = "", ["PRESTOP_MIN"] = " \n" }).Plan.Max);
    }

    [Fact]
    public void What_kubernetes_sets_for_a_service_named_prestop_does_no_harm()
    {
        ReadWait(["5s"], new() { ["PRESTOP_PORT"] = "tcp://10.0.0.1:80", ["PRESTOP_SERVICE_HOST"] = "10.0.0.1" });
    }

    [Fact]
    public void References_are_replaced_in_steps_options_and_the_command()
    {
        var variables = new Dictionary<string, string> { ["IP"] = "10.1.2.3", ["LIMIT"] = "7s" };

        var wait = ReadWait(["http://$(IP)/", "--max", "$(LIMIT)", "--", "echo", "$(IP)", "$$(IP)", "$(date)"], variables);

        Assert.Equal("http://10.1.2.3/", wait.Plan.Steps[0].Text);
        Assert.Equal(TimeSpan.FromSeconds(7), wait.Plan.Max);
        Assert.Equal(["echo", "10.1.2.3", "$(IP)", "$(date)"], wait.Command);
    }

    [Fact]
    public void A_reference_to_nothing_is_refused_in_steps_and_options()
    {
        var refusal = Assert.IsType<Invocation.Refusal>(Read(["http://$(IP)/", "--max", "$(LIMIT)"], NoVariables));

        Assert.Equal(2, refusal.Reasons.Count);
        Assert.All(refusal.Reasons, reason => Assert.Contains("is not set; set it, or write $$(", reason, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("5M --help")]
    [InlineData("-h")]
    public void Help_comes_before_everything(string line) => Assert.Equal(HelpText.Whole, Assert.IsType<Invocation.Print>(Read(Words(line), NoVariables)).Text);

    [Fact]
    public void Install_takes_a_directory() => Assert.Equal("/shared", Assert.IsType<Invocation.Install>(Read(["install", "/shared"], NoVariables)).Directory);

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static Invocation Read(string[] words, Dictionary<string, string> variables) =>
        InvocationReader.Read(words, name => variables.GetValueOrDefault(name), TimeProvider.System);

    private static Invocation.Wait ReadWait(string[] words, Dictionary<string, string>? variables = null)
    {
        var invocation = Read(words, variables ?? NoVariables);
        return invocation as Invocation.Wait ?? throw new Xunit.Sdk.XunitException(string.Join('\n', ((Invocation.Refusal)invocation).Reasons));
    }
}
