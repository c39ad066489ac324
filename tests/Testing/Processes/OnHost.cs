namespace Prestop.Testing;

/// <summary>Runs a program on this machine as it is: its files, its user. For the system's own programs, and for raw exit statuses.</summary>
public sealed record OnHost : Place
{
    /// <summary>Kill the program when the test run dies: for servers, which would never end of themselves.</summary>
    public bool DieWithTests { get; init; }

    public static Child Start(string program, params string[] arguments) => new OnHost().Run(program, arguments);

    private protected override Launch Prepare(string file, string[] arguments) => DieWithTests || Network is not null
        ? new Launch([.. DieWithTests ? Preparation : [], file, .. arguments], Environment)
        {
            FindProgram = (child, stop) => UntilExecutedAsync(child, () => child.Process, stop),
        }
        : new Launch([file, .. arguments], Environment);

    private static string[] Preparation => [SystemProgram.Setpriv, "--pdeathsig", "KILL", "--"];
}
