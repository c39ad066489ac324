using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Prestop.Testing;

/// <summary>
/// A running program. Its output is read as it comes, every wait ends with its watchdog, and disposing kills what is left of it, the whole
/// process group, so that no test leaves anything running.
/// </summary>
public sealed class Child : IAsyncDisposable
{
    private readonly string _commandLine;
    private readonly TimeSpan _patience;
    private readonly CancellationTokenSource _watchdog;
    private readonly CancellationTokenRegistration _bite;
    private readonly Pulse _pulse;
    private readonly Func<Child, CancellationToken, Task<int>> _findProgram;
    private readonly bool _hasCpuTime;
    private EndOfProcess? _end;
    private bool _disposed;

    internal Child(int process, string commandLine, TimeSpan patience, Pulse pulse, Output stdout, Output stderr, Launch launch)
    {
        (Process, _commandLine, _patience, _pulse, Stdout, Stderr) = (process, commandLine, patience, pulse, stdout, stderr);
        (_findProgram, _hasCpuTime) = (launch.FindProgram, launch.HasCpuTime);
        _watchdog = new CancellationTokenSource(patience);
        _bite = _watchdog.Token.Register(KillGroup);
        new Thread(AwaitEnd) { IsBackground = true, Name = $"wait for {process}" }.Start();
    }

    /// <summary>What was written so far; empty for ever where the stream is not captured.</summary>
    public Output Stdout { get; }

    /// <inheritdoc cref="Stdout"/>
    public Output Stderr { get; }

    /// <summary>The process that the test started: the program itself, or the bubblewrap that watches over it.</summary>
    public int Process { get; }

    /// <summary>
    /// CPU time of the program and all that it waited for, in steps of 10 ms, once it has ended. In an <see cref="EmptyRoot"/> only as
    /// process 1, with bubblewrap's own few milliseconds in it.
    /// </summary>
    public TimeSpan CpuTime
    {
        get
        {
            if (!_hasCpuTime)
            {
                throw new HarnessException("bubblewrap's reaper keeps its children's CPU time to itself: set AsPid1, or run it OnHost");
            }

            return _end?.CpuTime ?? throw new HarnessException($"{_commandLine} is still running: await its exit first");
        }
    }

    /// <summary>Waits for a finished line, on either stream, that contains <paramref name="part"/>, and returns it.</summary>
    public Task<string> WaitForLineAsync(string part) =>
        WaitForLineAsync(line => line.Contains(part, StringComparison.Ordinal), $"a line with '{part}'");

    /// <summary>Waits for the first finished line, on either stream, that <paramref name="matches"/>, and returns it.</summary>
    public Task<string> WaitForLineAsync(Func<string, bool> matches, string description = "a matching line") =>
        WaitForAsync(() => Stdout.Lines.Concat(Stderr.Lines).FirstOrDefault(matches), description);

    /// <summary>Waits until <paramref name="holds"/> is true of what was written so far, finished line or not.</summary>
    public Task WaitUntilAsync(Func<Child, bool> holds, string description) =>
        WaitForAsync(() => holds(this) ? this : null, description);

    /// <summary>Waits for the program's end and for the end of its output; a program that left something running does not get through.</summary>
    public async Task<ExitStatus> ExitAsync()
    {
        var end = await WithinPatienceAsync(() => Ended ? _end : null, "its end");
        return end.Status;
    }

    /// <summary>Waits for the end and fails, with all output in the message, unless it is <paramref name="code"/>.</summary>
    public async Task ExitsWithAsync(int code) => Expect(ExitStatus.With(code), await ExitAsync());

    /// <summary>Waits for the end and fails, with all output in the message, unless <paramref name="signal"/> killed it.</summary>
    public async Task DiesOfAsync(int signal) => Expect(ExitStatus.KilledBy(signal), await ExitAsync());

    /// <summary>Sends a signal to the program itself, as soon as it has been executed.</summary>
    public async Task SignalAsync(int signal)
    {
        var program = await ProgramAsync();
        if (Libc.Kill(program, signal) != 0)
        {
            throw Libc.Failure($"signal {signal} to {_commandLine}", Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>The process number, as this machine counts, of the program itself; waits until it has been executed.</summary>
    public async Task<int> ProgramAsync()
    {
        try
        {
            return await _findProgram(this, _watchdog.Token);
        }
        catch (OperationCanceledException) when (_watchdog.IsCancellationRequested)
        {
            throw Failure($"was not executed within {_patience.TotalSeconds} s");
        }
    }

    /// <summary>The most memory that the program has held so far, in bytes (VmHWM): to be asked while it runs.</summary>
    /// <remarks>
    /// Not ru_maxrss: exec carries the peak of the process that forked, here the whole test run, into it (Linux, exec_mmap).
    /// </remarks>
    public async Task<long> PeakMemoryAsync()
    {
        var status = await File.ReadAllLinesAsync($"/proc/{await ProgramAsync()}/status");
        var peak = status.FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
            ?? throw Failure("has ended: its memory can be asked for only while it runs");
        return 1024 * long.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    /// <summary>The program's own process has ended; its output may still be held by something that it started.</summary>
    internal bool HasEnded => Volatile.Read(ref _end) is not null;

    internal bool Ended => HasEnded && Stdout.Ended && Stderr.Ended;

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        KillGroup();
        try
        {
            // SIGKILL needs no patience of the child's; a loaded machine may.
            using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            await _pulse.UntilAsync(() => Ended ? this : null, bound.Token);
        }
        catch (OperationCanceledException)
        {
            throw Failure(HasEnded ? "left something running that still holds its output" : "survived SIGKILL for 30 s");
        }
        finally
        {
            await _bite.DisposeAsync();
            _watchdog.Dispose();
            if (HasEnded)
            {
                Reap();
            }
        }
    }

    public override string ToString() => $"""
        {_commandLine}
        {(_end is { } end ? end.Status : "still running")}
        --- stdout
        {Stdout.Text}
        --- stderr
        {Stderr.Text}
        ---
        """;

    private async Task<T> WaitForAsync<T>(Func<T?> look, string description)
        where T : class
    {
        var found = await WithinPatienceAsync<object>(() => look() ?? (object?)(Ended ? Missing.Instance : null), description);
        // The last line and the end may come between the two questions above.
        return found as T ?? look() ?? throw Failure($"ended without {description}");
    }

    private async Task<T> WithinPatienceAsync<T>(Func<T?> ask, string description)
        where T : class
    {
        try
        {
            return await _pulse.UntilAsync(ask, _watchdog.Token);
        }
        catch (OperationCanceledException)
        {
            throw Failure($"did not come to {description} within {_patience.TotalSeconds} s and was killed");
        }
    }

    private void Expect(ExitStatus expected, ExitStatus actual)
    {
        if (expected != actual)
        {
            throw Failure($"should have ended with {expected}, not {actual}");
        }
    }

    private HarnessException Failure(string what) => new($"{_commandLine}: {what}{Environment.NewLine}{this}");

    // The process stays a zombie until it is disposed: its number, and its group's, cannot come to mean something else.
    private void KillGroup() => _ = Libc.Kill(-Process, Signal.Kill);

    private unsafe void AwaitEnd()
    {
        const int ended = 4, leaveZombie = 0x01000000; // WEXITED, WNOWAIT
        var information = stackalloc int[32];          // siginfo_t is 128 bytes
        Wait(ended | leaveZombie, information);
        const int codeAt = 2, statusAt = 6;            // si_code, si_status on 64-bit Linux
        const int exited = 1;                          // CLD_EXITED
        var exit = information[codeAt] == exited ? ExitStatus.With(information[statusAt]) : ExitStatus.KilledBy(information[statusAt]);
        Volatile.Write(ref _end, new EndOfProcess(exit, ProcessTable.CpuTimeOf(Process)));
        _pulse.Beat();
    }

    private unsafe void Reap()
    {
        const int ended = 4; // WEXITED
        var information = stackalloc int[32];
        Wait(ended, information);
    }

    private unsafe void Wait(int options, int* information)
    {
        const int oneProcess = 1; // P_PID
        while (Libc.WaitId(oneProcess, Process, information, options) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error != Libc.Interrupted)
            {
                throw Libc.Failure($"waitid {Process}", error);
            }
        }
    }

    private sealed record EndOfProcess(ExitStatus Status, TimeSpan CpuTime);

    [SuppressMessage("Performance", "CA1812", Justification = "Its one instance is the mark of an end without an answer.")]
    private sealed class Missing
    {
        public static readonly Missing Instance = new();
    }
}
