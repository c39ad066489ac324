using Prestop.Linux.Sockets;

namespace Prestop.Linux.Tests.Sockets;

/// <summary>A reading that keeps every socket.</summary>
internal sealed class ListedReading : SocketReading
{
    public List<TcpSocket> Open { get; } = [];

    public List<TcpSocket> Ended { get; } = [];

    public override void AddOpen(in TcpSocket socket) => Open.Add(socket);

    public override void AddEnded(in TcpSocket socket) => Ended.Add(socket);

    protected override void ForgetOpen() => Open.Clear();

    protected override void ForgetEnded() => Ended.Clear();
}
