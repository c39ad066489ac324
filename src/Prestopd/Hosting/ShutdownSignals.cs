using System.Runtime.InteropServices;
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
