using System.Buffers.Binary;
using System.Buffers.Text;
using Prestop.Core.Addresses;

namespace Prestop.Linux.Sockets;

/// <summary>One line of /proc/net/tcp or /proc/net/tcp6 (proc_net_tcp in the kernel's documentation).</summary>
internal static class ProcLine
{
    /// <summary>Reads a line.</summary>
    /// <param name="line">Any bytes; the headline is not a socket.</param>
    /// <param name="socket">The socket, its ages left out: the file has none.</param>
    /// <returns>False when the line is not a socket.</returns>
    public static bool TryRead(ReadOnlySpan<byte> line, out TcpSocket socket)
    {
        socket = default;
        _ = ProcFile.NextField(ref line);
        var local = ProcFile.NextField(ref line);
        var remote = ProcFile.NextField(ref line);
        var state = ProcFile.NextField(ref line);
        var queues = ProcFile.NextField(ref line);
        for (var i = 0; i < 4; i++)
        {
            _ = ProcFile.NextField(ref line); // timer, retransmissions, user, probes
        }

        var inode = ProcFile.NextField(ref line);
        var colon = queues.IndexOf((byte)':');
        if (!TryReadEndpoint(local, out var localAddress, out var localPort)
            || !TryReadEndpoint(remote, out var remoteAddress, out var remotePort)
            || !TryReadHex(state, out var stateNumber)
            || colon < 0
            || !TryReadHex(queues[..colon], out var send)
            || !TryReadHex(queues[(colon + 1)..], out var receive)
            || !Utf8Parser.TryParse(inode, out ulong inodeNumber, out var used) || used != inode.Length)
        {
            return false;
        }

        socket = new TcpSocket
        {
            State = (TcpState)stateNumber,
            LocalAddress = localAddress,
            LocalPort = localPort,
            RemoteAddress = remoteAddress,
            RemotePort = remotePort,
            SendQueue = send,
            ReceiveQueue = receive,
            IsHeld = inodeNumber != 0,
            SentAgo = TcpSocket.Never,
            ReceivedAgo = TcpSocket.Never,
            SegmentsReceived = TcpSocket.Never,
        };
        return true;
    }

    /// <summary>An address is one or four 32-bit words as the machine holds them, in hexadecimal.</summary>
    private static bool TryReadEndpoint(ReadOnlySpan<byte> text, out InternetAddress address, out ushort port)
    {
        address = default;
        port = 0;
        var digits = text.IndexOf((byte)':');
        if (digits is not (8 or 32) || !TryReadHex(text[(digits + 1)..], out var portNumber) || portNumber > ushort.MaxValue)
        {
            return false;
        }

        port = (ushort)portNumber;
        Span<byte> bytes = stackalloc byte[16];
        for (var word = 0; word < digits / 8; word++)
        {
            if (!TryReadHex(text.Slice(word * 8, 8), out var value))
            {
                return false;
            }

            BinaryPrimitives.WriteUInt32LittleEndian(bytes[(word * 4)..], value);
        }

        address = digits is 8 ? InternetAddress.FromIPv4(bytes) : InternetAddress.FromIPv6(bytes);
        return true;
    }

    private static bool TryReadHex(ReadOnlySpan<byte> text, out uint value) =>
        Utf8Parser.TryParse(text, out value, out var used, 'x') && used == text.Length;
}
