namespace Prestop.Testing;

/// <summary>What a program finds at its standard input, output or error.</summary>
public enum Stdio
{
    /// <summary>/dev/null: what the kubelet gives a hook as its input.</summary>
    Null,

    /// <summary>A pipe that the test reads from the start, so that it is never full.</summary>
    Captured,

    /// <summary>A terminal of 80 columns that the test reads.</summary>
    Terminal,

    /// <summary>No open file at all.</summary>
    Closed,

    /// <summary>/dev/full: every write fails with ENOSPC.</summary>
    Full,

    /// <summary>A pipe that nobody reads: every write is SIGPIPE, or EPIPE.</summary>
    Broken,
}
