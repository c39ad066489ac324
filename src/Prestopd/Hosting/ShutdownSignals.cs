using System.Runtime.InteropServices;
using Prestop.Core;
using Prestop.Linux.Processes;

namespace Prestopd.Hosting;

/// <summary>SIGTERM and SIGINT, whenever they come.</summary>
internal interface ISignals
{
    /// <summary>Hands every signal over, those that came already among them.</summary>
    /// <param name="receiver">Gets the signal's name as Go's os.Signal prints it, one at a time. Must not block.</param>
    void HandTo(Action<string> receiver);
}

/// <summary>
/// SIGTERM and SIGINT from the start of the process to its end: what comes before a server is ready to hear of it is kept
/// for it, and what comes while the process ends does not kill it. Therefore nothing here is ever disposed of.
/// </summary>
internal sealed class ShutdownSignals : ISignals
{
    private static ShutdownSignals? _kept;

    private readonly Lock _gate = new();
    private readonly Queue<string> _early = new();
    private readonly PosixSignalRegistration[] _registrations;
    private Action<string>? _receiver;

    /// <summary>Begins to listen. Once in the life of the process, on the main thread, as soon as can be.</summary>
    public ShutdownSignals()
    {
        _registrations = [On(PosixSignal.SIGTERM, "terminated"), On(PosixSignal.SIGINT, "interrupt")];

        // A registration that nobody refers to ends with the next collection.
        _kept = this;
        HeldSignals.Release();
    }

    /// <inheritdoc/>
    public void HandTo(Action<string> receiver)
    {
        lock (_gate)
        {
            _receiver = receiver;
            while (_early.TryDequeue(out var name))
            {
                receiver(name);
            }
        }
    }

    private PosixSignalRegistration On(PosixSignal signal, string name) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        lock (_gate)
        {
            if (_receiver is null)
            {
                _early.Enqueue(name);
            }
            else
            {
                _receiver(name);
            }
        }
    });
}

/// <summary>What ends a command that would end by itself: a signal.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly ISignals _signals;
    private readonly CancellationTokenSource _source = new();
    private int _signal;

    /// <summary>Begins to listen.</summary>
    /// <param name="signals">The signals, which nobody else is handed meanwhile.</param>
    public Interruption(ISignals signals)
    {
        _signals = signals;
        signals.HandTo(name =>
        {
            _signal = name is "interrupt" ? 2 : 15;
            _source.Cancel();
        });
    }

    /// <summary>Is cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>The exit code after a signal.</summary>
    public int ExitCode => ExitCodes.EndedBy(_signal);

    /// <summary>Listens no more. The command is about to end.</summary>
    public void Dispose()
    {
        _signals.HandTo(static _ => { });
        _source.Dispose();
    }
}
