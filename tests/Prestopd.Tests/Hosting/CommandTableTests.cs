using Prestop.Core;
using Prestop.Core.Options;
using Prestopd.Hosting;
using Xunit;

namespace Prestopd.Tests.Hosting;

/// <summary>From the words of a command line to what is run.</summary>
public sealed class CommandTableTests
{
    private static readonly OptionSpec Size = new("--size", "N", "1", "how large it is");

    private static readonly CommandTable Table = new(
    [
        new Command("serve", "Serves.", [Size], options => Returning(options.Number(Size, 1, 9) ?? 1)),
        new Command("serve once", "Serves once.", [Size], options => Returning(10 * (options.Number(Size, 1, 9) ?? 1))),
    ]);

    [Theory]
    [InlineData("serve", "", "prestopd serve", 1)]
    [InlineData("serve --size 3", "4", "prestopd serve", 3)]
    [InlineData("serve", "4", "prestopd serve", 4)]
    [InlineData("serve once --size=2", "", "prestopd serve once", 20)]
    public async Task The_longest_name_is_the_command_and_an_option_wins_over_its_variable(string words, string variable, string command, int result)
    {
        var run = Assert.IsType<Invocation.Run>(Read(words, variable));

        Assert.Equal(command, run.Command);
        Assert.Equal(result, await run.Start(new ThisProcess(run.Command, Stream.Null, new Signals(), TimeProvider.System)));
    }

    [Theory]
    [InlineData("", "prestopd: missing command: write 'prestopd serve' or 'prestopd serve once'", "Try 'prestopd --help' for more information.")]
    [InlineData("server", "prestopd: unknown command 'server': write 'prestopd serve' or 'prestopd serve once'", "Try 'prestopd --help' for more information.")]
    [InlineData("--size 3 serve", "prestopd: unrecognized option '--size'", "Try 'prestopd --help' for more information.")]
    [InlineData("serve twice", "prestopd serve: unexpected 'twice': write options only", "Try 'prestopd serve --help' for more information.")]
    [InlineData("serve -- once", "prestopd serve: unexpected 'once': write options only", "Try 'prestopd serve --help' for more information.")]
    [InlineData("serve --colour", "prestopd serve: unrecognized option '--colour'", "Try 'prestopd serve --help' for more information.")]
    [InlineData("serve once --size", "prestopd serve once: option '--size' needs a value: --size N", "Try 'prestopd serve once --help' for more information.")]
    [InlineData("serve --size 0", "prestopd serve: --size '0': write a whole number from 1 to 9")]
    public void What_cannot_be_done_is_told_in_a_line(string words, params string[] lines) =>
        Assert.Equal(lines, Assert.IsType<Invocation.Refusal>(Read(words)).Lines);

    [Fact]
    public void A_bad_variable_is_named_by_its_own_name() =>
        Assert.Equal(["prestopd serve: SIZE 'x': write a whole number from 1 to 9"], Assert.IsType<Invocation.Refusal>(Read("serve", "x")).Lines);

    [Fact]
    public void Help_and_version_come_before_everything_that_is_wrong()
    {
        Assert.Equal(Table.Help, Assert.IsType<Invocation.Print>(Read("--help")).Text);
        Assert.Equal(CommandTable.HelpOf(Table.Commands[1]), Assert.IsType<Invocation.Print>(Read("serve once --size 0 -h")).Text);
        Assert.Equal($"prestopd {ProductVersion.Text}\n", Assert.IsType<Invocation.Print>(Read("serve --version x")).Text);
        Assert.Equal($"prestopd {ProductVersion.Text}\n", Assert.IsType<Invocation.Print>(Read("--version")).Text);
    }

    [Fact]
    public void The_help_is_made_from_the_table()
    {
        Assert.Equal(
            """
            Usage: prestopd COMMAND [OPTION]...

            Servers that help pods to end without losing a request.

            Commands; each has a --help of its own:
              serve                       Serves.
              serve once                  Serves once.

            Options:
              -h, --help                  print this help
                  --version               print the version

            """.ReplaceLineEndings("\n"),
            Table.Help);
        Assert.Equal(
            """
            Usage: prestopd serve [OPTION]...

            Serves.

            Options, D being a duration; --size can also be given as SIZE, and so on:
                  --size N                how large it is [1]
              -h, --help                  print this help

            """.ReplaceLineEndings("\n"),
            CommandTable.HelpOf(Table.Commands[0]));
    }

    private static Invocation Read(string words, string variable = "") =>
        Table.Read(words.Split(' ', StringSplitOptions.RemoveEmptyEntries), name => name == "SIZE" ? variable : null);

    private static Func<ThisProcess, Task<int>> Returning(int result) => _ => Task.FromResult(result);
}
