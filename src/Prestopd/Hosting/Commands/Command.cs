using Prestop.Core.Options;

namespace Prestopd.Hosting;

/// <summary>One of the program's commands.</summary>
/// <param name="Name">Its words: <c>sidecar</c>, <c>elb wait</c>.</param>
/// <param name="Meaning">What it does, in one sentence or more.</param>
/// <param name="Options">Its options, in the order of the help.</param>
/// <param name="Read">Reads the values, and gives what is to be run, to its exit code; it is run only where no value was refused.</param>
internal sealed record Command(string Name, string Meaning, IReadOnlyList<OptionSpec> Options, Func<OptionReader, Func<ThisProcess, Task<int>>> Read)
{
    /// <summary>Prints the help.</summary>
    public static readonly OptionSpec Help = new("--help", null, "", "print this help") { ShortName = "-h" };

    /// <summary>Prints the version.</summary>
    public static readonly OptionSpec Version = new("--version", null, "", "print the version");
}

/// <summary>What a command gets of the process that it runs in.</summary>
/// <param name="Command">The command as it was called: <c>prestopd sidecar</c>.</param>
/// <param name="Stderr">Standard error.</param>
/// <param name="Signals">SIGTERM and SIGINT.</param>
/// <param name="Time">The clock.</param>
internal sealed record ThisProcess(string Command, Stream Stderr, ISignals Signals, TimeProvider Time);
