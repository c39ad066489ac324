namespace Prestop.Core;

/// <summary>
/// What a program says to the one who started it. 124 and 125 follow GNU <c>timeout</c>; 126, 127 and 128+n follow the
/// POSIX shell (XCU 2.8.2), as tini and catatonit do.
/// </summary>
public static class ExitCodes
{
    /// <summary>Everything that was waited for has come.</summary>
    public const int Done = 0;

    /// <summary>A dry run found that the plan cannot work as it stands.</summary>
    public const int FlawedPlan = 1;

    /// <summary>The command line or the environment holds a value that cannot be used. Nothing was started.</summary>
    public const int Usage = 2;

    /// <summary>The deadline came first.</summary>
    public const int DeadlineExceeded = 124;

    /// <summary>A condition can never be judged: a CA file that cannot be read, access that is forbidden.</summary>
    public const int Broken = 125;

    /// <summary>COMMAND was found and could not be executed.</summary>
    public const int CommandNotExecutable = 126;

    /// <summary>COMMAND was not found.</summary>
    public const int CommandNotFound = 127;

    /// <summary>The exit code of a program that was ended by a signal: 128 and the signal's number.</summary>
    /// <param name="signal">The signal's number, 1 to 64.</param>
    public static int EndedBy(int signal) => 128 + signal;
}
