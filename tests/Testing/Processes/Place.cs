namespace Prestop.Testing;

/// <summary>Where a program runs, and what it finds there. Its environment holds what the test gives and nothing else.</summary>
public abstract record Place
{
    public Dictionary<string, string> Environment { get; init; } = [];

    public Stdio Stdin { get; init; } = Stdio.Null;

    /// <summary>What the program reads from its standard input, up to the size of a pipe; null for <see cref="Stdin"/>.</summary>
    public string? Input { get; init; }

    public Stdio Stdout { get; init; } = Stdio.Captured;

    public Stdio Stderr { get; init; } = Stdio.Captured;

    /// <summary>The network that the program sees; null for this machine's own, so that servers of the test are at 127.0.0.1.</summary>
    public TestNetwork? Network { get; init; }

    /// <summary>How long the program may run in all before it is killed and the test fails. No test should need it.</summary>
    public TimeSpan Watchdog { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Starts a program: <c>prestop</c> is the published one, anything with a slash in it is that file.
    /// </summary>
    public Child Run(string program, params string[] arguments)
    {
        var file = program.Contains('/', StringComparison.Ordinal) ? program : Repository.Published(program);
        using var launch = Prepare(file, arguments);
        var commandLine = Network is null ? launch.CommandLine : [.. Network.Enter, .. launch.CommandLine];
        var pulse = new Pulse();
        using var input = Input is null ? ProgramEnd.Of(Stdin, isInput: true) : ProgramEnd.Holding(Input);
        using var output = ProgramEnd.Of(Stdout);
        using var error = ProgramEnd.Of(Stderr);
        var files = new Dictionary<int, Descriptor?>(launch.Files) { [0] = input.Program, [1] = output.Program, [2] = error.Program };
        var process = Spawner.Start(commandLine, launch.Environment, files);
        _ = input.Read(pulse); // what a terminal echoes; read so that it is never full
        return new Child(process, string.Join(' ', [program, .. arguments]), Watchdog, pulse, output.Read(pulse), error.Read(pulse), launch);
    }

    private protected abstract Launch Prepare(string file, string[] arguments);

    /// <summary>Waits until the process that <paramref name="find"/> finds, or 0, has left all preparation behind, and returns it.</summary>
    private protected static async Task<int> UntilExecutedAsync(Child child, Func<int> find, CancellationToken stop)
    {
        while (true)
        {
            var process = find();
            if (process != 0 && ProcessTable.Executes(process, "nsenter", "setpriv", "bwrap"))
            {
                return process;
            }

            if (child.Ended)
            {
                throw new HarnessException($"the program has already ended{System.Environment.NewLine}{child}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), stop);
        }
    }
}
