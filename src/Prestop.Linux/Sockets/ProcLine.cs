using System.Buffers.Binary;
using System.Buffers.Text;

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
        ReadOnlySpan<byte> local = ProcFile.NextField(ref line);
        ReadOnlySpan<byte> remote = ProcFile.NextField(ref line);
        ReadOnlySpan<byte> state = ProcFile.NextField(ref line);
        ReadOnlySpan<byte> queues = ProcFile.NextField(ref line);
        for (int i = 0; i < 4; i++)
        {
            _ = ProcFile.NextField(ref line); // timer, retransmissions, user, probes
        }

        ReadOnlySpan<byte> inode = ProcFile.NextField(ref line);
        int colon = queues.IndexOf((byte)':');
        if (!TryReadEndpoint(local, out InternetAddress localAddress, out ushort localPort)
            || !TryReadEndpoint(remote, out InternetAddress remoteAddress, out ushort remotePort)
            || !TryReadHex(state, out uint stateNumber)
            || colon < 0
            || !TryReadHex(queues[..colon], out uint send)
            || !TryReadHex(queues[(colon + 1)..], out uint receive)
            || !Utf8Parser.TryParse(inode, out ulong inodeNumber, out int used) || used != inode.Length)
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
        int digits = text.IndexOf((byte)':');
        if (digits is not (8 or 32) || !TryReadHex(text[(digits + 1)..], out uint portNumber) || portNumber > ushort.MaxValue)
        {
            return false;
        }

        port = (ushort)portNumber;
        Span<byte> bytes = stackalloc byte[16];
        for (int word = 0; word < digits / 8; word++)
        {
            if (!TryReadHex(text.Slice(word * 8, 8), out uint value))
            {
                return false;
            }

            BinaryPrimitives.WriteUInt32LittleEndian(bytes[(word * 4)..], value);
        }

        address = digits is 8 ? InternetAddress.FromIPv4(bytes) : InternetAddress.FromIPv6(bytes);
        return true;
    }

    private static bool TryReadHex(ReadOnlySpan<byte> text, out uint value) =>
        Utf8Parser.TryParse(text, out value, out int used, 'x') && used == text.Length;
}
