using System.Text;
using Prestop.Core;
using Prestop.Core.Messages;
using Prestop.Core.Options;
using Prestop.Linux.Streams;

namespace Prestopd.Hosting;

/// <summary>The program's command line: <c>prestopd COMMAND [OPTION]...</c>.</summary>
/// <param name="commands">The commands, in the order of the help.</param>
internal sealed class CommandTable(IReadOnlyList<Command> commands)
{
    private const string Program = "prestopd";

    /// <summary>The commands, in the order of the help.</summary>
    public IReadOnlyList<Command> Commands => commands;

    /// <summary>The whole help of the program.</summary>
    public string Help
    {
        get
        {
            var text = new StringBuilder(
                $"""
                Usage: {Program} COMMAND [OPTION]...

                Servers that help pods to end without losing a request.

                Commands; each has a --help of its own:

                """);
            foreach (var command in commands)
            {
                HelpRow.Append(text, command.Name, command.Meaning);
            }

            text.Append("\nOptions:\n");
            HelpRow.Append(text, Command.Help);
            HelpRow.Append(text, Command.Version);
            return text.ToString();
        }
    }

    /// <summary>Does what the command line asks for.</summary>
    /// <param name="words">The arguments of the process.</param>
    /// <param name="signals">What ends a command.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(string[] words, ISignals signals)
    {
        switch (Read(words, Environment.GetEnvironmentVariable))
        {
            case Invocation.Print print when StandardOutput.TryWrite(print.Text):
                return ExitCodes.Done;
            case Invocation.Print:
                Complain($"{Program}: standard output cannot be written");
                return ExitCodes.Broken;
            case Invocation.Run run:
                return await run.Start(new ThisProcess(run.Command, Console.OpenStandardError(), signals, TimeProvider.System));
            case Invocation.Refusal refusal:
                foreach (var line in refusal.Lines)
                {
                    Complain(line);
                }

                return ExitCodes.Usage;
            case var other:
                throw new InvalidOperationException($"an invocation of no known kind: {other}");
        }
    }

    /// <summary>Reads a command line and the environment.</summary>
    /// <param name="words">The arguments of the process.</param>
    /// <param name="environment">Gives an environment variable's value, or null when it is not set.</param>
    public Invocation Read(string[] words, Func<string, string?> environment) =>
        Find(words) is { } command ? Read(command, words[command.Name.Split(' ').Length..], environment) : ReadWithoutCommand(words);

    /// <summary>The whole help of a command.</summary>
    /// <param name="command">The command.</param>
    public static string HelpOf(Command command)
    {
        var text = new StringBuilder($"Usage: {Program} {command.Name} [OPTION]...\n\n");
        HelpRow.AppendParagraph(text, command.Meaning);
        var example = command.Options[0];
        text.Append($"\nOptions, D being a duration; {example.Name} can also be given as {example.Variable}, and so on:\n");
        foreach (var option in (IEnumerable<OptionSpec>)[.. command.Options, Command.Help])
        {
            HelpRow.Append(text, option);
        }

        return text.ToString();
    }

    private static Invocation Read(Command command, string[] words, Func<string, string?> environment)
    {
        var line = CommandLine.Read(words, [.. command.Options, Command.Help, Command.Version]);
        if (line.ValuesOf(Command.Help).Count > 0)
        {
            return new Invocation.Print(HelpOf(command));
        }

        if (line.ValuesOf(Command.Version).Count > 0)
        {
            return VersionLine();
        }

        foreach (var operand in line.Operands.Concat(line.Command ?? []))
        {
            line.Problems.Add($"unexpected '{operand}': write options only");
        }

        var called = $"{Program} {command.Name}";
        var isUnclear = line.Problems.Count > 0;
        var options = new OptionReader(line, environment);
        var start = command.Read(options);
        return options.Problems.Count > 0 ? Refuse(called, options.Problems, isUnclear) : new Invocation.Run(called, start);
    }

    private Invocation ReadWithoutCommand(string[] words)
    {
        var line = CommandLine.Read(words, [Command.Help, Command.Version]);
        if (line.ValuesOf(Command.Help).Count > 0)
        {
            return new Invocation.Print(Help);
        }

        if (line.ValuesOf(Command.Version).Count > 0)
        {
            return VersionLine();
        }

        if (line.Problems.Count == 0)
        {
            var names = string.Join(" or ", commands.Select(command => $"'{Program} {command.Name}'"));
            line.Problems.Add(line.Operands is [var first, ..] ? $"unknown command '{first}': write {names}" : $"missing command: write {names}");
        }

        return Refuse(Program, line.Problems, isUnclear: true);
    }

    private Command? Find(string[] words) => commands
        .Where(command => words.AsSpan().StartsWith(command.Name.Split(' ')))
        .MaxBy(command => command.Name.Length);

    private static Invocation.Print VersionLine() => new($"{Program} {ProductVersion.Text}\n");

    private static Invocation.Refusal Refuse(string called, IEnumerable<string> problems, bool isUnclear)
    {
        var lines = problems.Select(problem => $"{called}: {problem}");
        return new Invocation.Refusal([.. isUnclear ? lines.Append($"Try '{called} --help' for more information.") : lines]);
    }

    private static void Complain(string line) => LogTarget.StandardError.TryWrite(Encoding.UTF8.GetBytes(OneLine.Of(line) + "\n"));
}
