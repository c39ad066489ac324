namespace Prestop.Testing;

/// <summary>One standard stream while its program is being started: what the program gets and what the test keeps to read.</summary>
internal sealed class ProgramEnd : IDisposable
{
    private Descriptor? _test;

    private ProgramEnd(Descriptor? program, Descriptor? test = null) => (Program, _test) = (program, test);

    /// <summary>The program's end; null is a closed stream.</summary>
    public Descriptor? Program { get; }

    public static ProgramEnd Holding(string input) => new(Descriptor.Holding(input));

    public static ProgramEnd Of(Stdio stream, bool isInput = false)
    {
        switch (stream)
        {
            case Stdio.Null:
                return new ProgramEnd(Descriptor.Open("/dev/null"));
            case Stdio.Full:
                return new ProgramEnd(Descriptor.Open("/dev/full"));
            case Stdio.Closed:
                return new ProgramEnd(program: null);
            case Stdio.Terminal:
                var terminal = Descriptor.Terminal();
                return new ProgramEnd(terminal.Program, terminal.Test);
            case Stdio.Captured when !isInput:
                var captured = Descriptor.Pipe();
                return new ProgramEnd(captured.Write, captured.Read);
            case Stdio.Broken when !isInput:
                var broken = Descriptor.Pipe();
                broken.Read.Dispose();
                return new ProgramEnd(broken.Write);
            default:
                throw new HarnessException($"standard input cannot be {stream}: use Null, Closed, Full or Terminal");
        }
    }

    /// <summary>Collects on a thread of its own, so that neither a full pipe nor a busy test run can hold the program up.</summary>
    public Output Read(Pulse pulse)
    {
        var output = new Output(pulse);
        if (_test is not { } end)
        {
            output.End();
            return output;
        }

        _test = null;
        new Thread(() =>
        {
            using (end)
            {
                var buffer = new byte[16384];
                for (var length = end.Read(buffer); length > 0; length = end.Read(buffer))
                {
                    output.Append(buffer.AsSpan(0, length));
                }
            }

            output.End();
        })
        { IsBackground = true, Name = "read output" }.Start();
        return output;
    }

    /// <summary>Everything that comes through <paramref name="end"/>, as text, once it has ended.</summary>
    public static async Task<string> Reading(Descriptor end)
    {
        var pulse = new Pulse();
        var output = new ProgramEnd(program: null, end).Read(pulse);
        await pulse.UntilAsync(() => output.Ended ? output : null, CancellationToken.None);
        return output.Text;
    }

    /// <summary>Closes the program's end, which the program has by now, and the test's where nobody came to read it.</summary>
    public void Dispose()
    {
        Program?.Dispose();
        _test?.Dispose();
    }
}
