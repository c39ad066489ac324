using System.Runtime.InteropServices;

namespace Prestop.Linux.Processes;

/// <summary>
/// SIGTERM and SIGINT as a cancellation. With a handler they arrive also at the first process of a PID namespace, from which
/// the kernel keeps every signal that it has no handler for (pid_namespaces(7)).
/// </summary>
public sealed class TerminationSignals : IDisposable
{
    private readonly CancellationTokenSource _received = new();
    private readonly PosixSignalRegistration _terminate;
    private readonly PosixSignalRegistration _interrupt;
    private volatile int _number;

    /// <summary>Begins to listen.</summary>
    public TerminationSignals()
    {
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Receive(context, 15));
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Receive(context, 2));
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Received => _received.Token;

    /// <summary>The number of the first signal; 0 before it.</summary>
    public int Number => _number;

    /// <summary>The name of the first signal.</summary>
    public string Name => _number is 2 ? "SIGINT" : "SIGTERM";

    /// <inheritdoc/>
    public void Dispose()
    {
        _terminate.Dispose();
        _interrupt.Dispose();
        _received.Dispose();
    }

    private void Receive(PosixSignalContext context, int number)
    {
        context.Cancel = true;
        if (Interlocked.CompareExchange(ref _number, number, 0) == 0)
        {
            _received.Cancel();
        }
    }
}
