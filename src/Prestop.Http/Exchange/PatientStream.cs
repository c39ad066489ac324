using System.Net.Sockets;

namespace Prestop.Http.Exchange;

/// <summary>A connection on which the other end may be silent only for so long.</summary>
/// <param name="socket">A connected socket, which the stream closes.</param>
/// <param name="time">The clock.</param>
public sealed class PatientStream(Socket socket, TimeProvider time) : NetworkStream(socket, ownsSocket: true)
{
    /// <summary>How long one read may wait for bytes; <see cref="Timeout.InfiniteTimeSpan"/>, the default: for ever.</summary>
    public TimeSpan Patience { get; set; } = Timeout.InfiniteTimeSpan;

    /// <inheritdoc/>
    /// <exception cref="TimeoutException">Nothing came for as long as <see cref="Patience"/>.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (Patience != Timeout.InfiniteTimeSpan)
        {
            using var silence = new CancellationTokenSource(Patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
            try
            {
                return await base.ReadAsync(buffer, either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // A process that its CPU quota had stopped finds the end of its patience and the bytes at the same moment.
                if (!Socket.Poll(0, SelectMode.SelectRead))
                {
                    throw new TimeoutException();
                }
            }
        }

        return await base.ReadAsync(buffer, cancellationToken);
    }
}
