using System.Runtime.InteropServices;

namespace GracefulApp;

/// <summary>
/// The app's last minute: SIGTERM or SIGINT starts it, the app serves on for a while, then the server stops. It runs as the
/// host's lifetime, in place of the one that stops at the first signal.
/// </summary>
internal sealed partial class Drain(Settings settings, TimeProvider time, IHostApplicationLifetime application, ILogger<Drain> log) : IHostLifetime, IDisposable
{
    private readonly CancellationTokenSource _hurry = new();
    private readonly List<IDisposable> _signals = [];
    private int _signalCount;

    /// <summary>Whether the pod is to end: clients should connect elsewhere, though every request is still served.</summary>
    public bool HasBegun => Volatile.Read(ref _signalCount) > 0;

    /// <summary>The first call starts the drain; a further one ends the wait at once.</summary>
    /// <returns>Ends as the server is told to stop.</returns>
    public async Task SignalAsync()
    {
        if (Interlocked.Increment(ref _signalCount) > 1)
        {
            await _hurry.CancelAsync();
            return;
        }

        LogDraining(settings.DrainDelay.TotalSeconds);
        await Task.Delay(settings.DrainDelay, time, _hurry.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        LogStopping(settings.ShutdownTimeout.TotalSeconds);
        application.StopApplication();
    }

    Task IHostLifetime.WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (var signal in new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT })
        {
            _signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true; // else the runtime ends the process
                _ = SignalAsync();
            }));
        }

        return Task.CompletedTask;
    }

    Task IHostLifetime.StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _signals.ForEach(signal => signal.Dispose());
        _hurry.Dispose();
    }

    [LoggerMessage(LogLevel.Information, "draining for {Seconds} s")]
    private partial void LogDraining(double seconds);

    [LoggerMessage(LogLevel.Information, "stopping; requests in flight have {Seconds} s")]
    private partial void LogStopping(double seconds);
}
