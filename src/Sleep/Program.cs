using System.Runtime;

namespace Sleep;

/// <summary>GNU <c>sleep</c> as of coreutils 9.8 in the C locale, with the durations of every PrestopSleep program.</summary>
internal static unsafe class Program
{
    /// <summary>What the C library's start-up code calls. Any failure exits 1, as GNU's does.</summary>
    [RuntimeExport("main")]
    private static int Main(int count, byte** arguments)
    {
        var commandLine = new CommandLine(count, arguments);
        switch (commandLine.ReadOption())
        {
            case Option.Help:
                return Print.Help(commandLine.ProgramName);
            case Option.Version:
                return Print.Version(commandLine.ProgramName);
            case Option.Bad:
                return 1;
        }

        if (!commandLine.TryReadOperands(out var duration))
        {
            return 1;
        }

        if (LibC.ProcessId() == 1)
        {
            FirstProcess.DieOfSignals();
        }

        return Deadline.After(duration).Wait(commandLine.ProgramName);
    }
}
