using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Prestop.Core.Addresses;

namespace Prestop.Linux.Sockets;

/// <summary>
/// The wire form of the kernel's TCP diagnosis: include/uapi/linux/inet_diag.h and struct tcp_info of
/// include/uapi/linux/tcp.h. Numbers are in the machine's order, which is little-endian wherever .NET compiles natively for
/// Linux; ports and addresses are in network order.
/// </summary>
internal static class InetDiag
{
    /// <summary>AF_INET.</summary>
    public const byte IPv4 = 2;

    /// <summary>AF_INET6.</summary>
    public const byte IPv6 = 10;

    /// <summary>SOCK_DIAG_BY_FAMILY: the type of requests, answers and notices.</summary>
    public const ushort ByFamily = 20;

    /// <summary>Where a notice or answer has the local port, counted from the start of the netlink message.</summary>
    public const uint LocalPortOffset = NetlinkMessages.HeaderLength + 4;

    /// <summary>The length of struct inet_diag_sockid, which names a socket for good: addresses, ports, interface, cookie.</summary>
    public const int IdentityLength = 48;

    /// <summary>The length of a request for one socket.</summary>
    public const int ExactRequestLength = NetlinkMessages.HeaderLength + 8 + IdentityLength;

    private const int MessageLength = 72;
    private const byte Tcp = 6;
    private const uint Mptcp = 262;
    private const byte NoProtocol = 253; // reserved for experiments (RFC 3692): a kernel that overlooks the attribute answers ENOENT
    private const byte WithInfo = 1 << (Info - 1);
    private const ushort Info = 2;
    private const ushort Bytecode = 1;
    private const ushort Protocol = 3;
    private const ushort FlagRequest = 1;
    private const ushort FlagDump = 0x300;
    private const int SentAgoOffset = 44;
    private const int ReceivedAgoOffset = 52;
    private const int BytesConfirmedOffset = 120;
    private const int BytesReceivedOffset = 128;
    private const int SegmentsReceivedOffset = 140;
    private const int DataSegmentsReceivedOffset = 152;
    private const int WrittenOffset = 16; // struct mptcp_info of include/uapi/linux/mptcp.h: mptcpi_write_seq, mptcpi_snd_una
    private const int ConfirmedOffset = 24;

    /// <summary>The states in which a socket is of interest: all but those in which it is over, and those of a client.</summary>
    private const uint OpenStates = (1 << (int)TcpState.Established) | (1 << (int)TcpState.SynReceived)
        | (1 << (int)TcpState.FinWait1) | (1 << (int)TcpState.FinWait2) | (1 << (int)TcpState.CloseWait)
        | (1 << (int)TcpState.LastAck) | (1 << (int)TcpState.Listen) | (1 << (int)TcpState.Closing);

    /// <summary>Writes a request for all open sockets of a family on some local ports.</summary>
    /// <param name="family"><see cref="IPv4"/> or <see cref="IPv6"/>.</param>
    /// <param name="multipath">Whether MPTCP sockets are wanted (Linux 5.9, module mptcp_diag), or TCP sockets.</param>
    /// <param name="ports">The ports; the kernel leaves all others out.</param>
    /// <param name="sequence">The request's number.</param>
    public static byte[] DumpRequest(byte family, bool multipath, ReadOnlySpan<ushort> ports, uint sequence)
    {
        var bytecode = PortFilter(ports);
        var request = new byte[ExactRequestLength + 4 + bytecode.Length + (multipath ? 8 : 0)];
        WriteHeader(request, FlagRequest | FlagDump, sequence);
        WriteQuestion(request, family, multipath ? NoProtocol : Tcp);
        var filter = request.AsSpan(ExactRequestLength, 4 + bytecode.Length);
        WriteAttributeHeader(filter, Bytecode);
        bytecode.CopyTo(filter[4..]);
        if (multipath)
        {
            // The number does not fit into the question's byte.
            var protocol = request.AsSpan()[^8..];
            WriteAttributeHeader(protocol, Protocol);
            BinaryPrimitives.WriteUInt32LittleEndian(protocol[4..], Mptcp);
        }

        return request;
    }

    /// <summary>Appends a request for one socket, found through the kernel's hash and not by a walk.</summary>
    /// <param name="requests">Where to.</param>
    /// <param name="family">The socket's family.</param>
    /// <param name="identity">Its identity, as <see cref="TryRead"/> gave it.</param>
    public static void AppendExactRequest(List<byte> requests, byte family, ReadOnlySpan<byte> identity)
    {
        var start = requests.Count;
        CollectionsMarshal.SetCount(requests, start + ExactRequestLength);
        var request = CollectionsMarshal.AsSpan(requests)[start..];
        request.Clear();
        WriteHeader(request, FlagRequest, sequence: 0);
        WriteQuestion(request, family, Tcp);
        identity[..IdentityLength].CopyTo(request[^IdentityLength..]);
    }

    /// <summary>Numbers requests that stand behind one another, all with the same number.</summary>
    /// <param name="requests">Requests for one socket each.</param>
    /// <param name="sequence">The number.</param>
    public static void Number(Span<byte> requests, uint sequence)
    {
        for (var start = 0; start < requests.Length; start += ExactRequestLength)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(requests[(start + 8)..], sequence);
        }
    }

    /// <summary>
    /// Bytecode that accepts sockets on some local ports. Each test is two words: the operation, and its port in the second
    /// word's last half. Jumps only go forward, and one to just behind the end means no (inet_diag_bc_run).
    /// </summary>
    /// <param name="ports">One port or more.</param>
    public static byte[] PortFilter(ReadOnlySpan<ushort> ports)
    {
        const byte jump = 1;
        const byte localPortEquals = 11;
        const int step = 12;
        var code = new byte[(step * ports.Length) - 4];
        for (var i = 0; i < ports.Length; i++)
        {
            var test = code.AsSpan(step * i);
            test[0] = localPortEquals;
            test[1] = 8;
            BinaryPrimitives.WriteUInt16LittleEndian(test[2..], step);
            BinaryPrimitives.WriteUInt16LittleEndian(test[6..], ports[i]);
            if (test.Length > 8)
            {
                test[8] = jump;
                test[9] = 4;
                BinaryPrimitives.WriteUInt16LittleEndian(test[10..], (ushort)(test.Length - 8));
            }
        }

        return code;
    }

    /// <summary>Reads an answer or a notice.</summary>
    /// <param name="payload">What stands behind the netlink header; any bytes at all.</param>
    /// <param name="socket">The socket.</param>
    /// <param name="family">The socket's family.</param>
    /// <param name="identity">The socket's identity.</param>
    /// <returns>
    /// False when the bytes are not a message about a TCP socket over IPv4 or IPv6, or lack the times of one that a program holds.
    /// </returns>
    public static bool TryRead(ReadOnlySpan<byte> payload, out TcpSocket socket, out byte family, out ReadOnlySpan<byte> identity)
    {
        socket = default;
        family = 0;
        identity = default;
        if (payload.Length < MessageLength || payload[0] is not (IPv4 or IPv6))
        {
            return false;
        }

        var info = FindInfo(payload[MessageLength..]);
        socket = new TcpSocket
        {
            State = (TcpState)payload[1],
            LocalPort = BinaryPrimitives.ReadUInt16BigEndian(payload[4..]),
            RemotePort = BinaryPrimitives.ReadUInt16BigEndian(payload[6..]),
            LocalAddress = Address(payload[0], payload[8..]),
            RemoteAddress = Address(payload[0], payload[24..]),
            ReceiveQueue = BinaryPrimitives.ReadUInt32LittleEndian(payload[56..]),
            SendQueue = BinaryPrimitives.ReadUInt32LittleEndian(payload[60..]),
            IsHeld = BinaryPrimitives.ReadUInt32LittleEndian(payload[68..]) != 0,
            SentAgo = Word(info, SentAgoOffset),
            ReceivedAgo = Word(info, ReceivedAgoOffset),
            SegmentsReceived = Word(info, SegmentsReceivedOffset),
            DataSegmentsReceived = Word(info, DataSegmentsReceivedOffset),
            BytesReceived = LongWord(info, BytesReceivedOffset),
            BytesConfirmed = LongWord(info, BytesConfirmedOffset),
        };
        if (info.IsEmpty && socket is { IsHeld: true, State: not TcpState.Listen })
        {
            return false;
        }

        family = payload[0];
        identity = payload.Slice(4, IdentityLength);
        return true;
    }

    /// <summary>Reads an answer about an MPTCP socket: what its program has not read, and what is not confirmed. It has no times.</summary>
    /// <param name="payload">What stands behind the netlink header; any bytes at all.</param>
    /// <param name="socket">The socket.</param>
    /// <returns>False when the bytes are not such a message.</returns>
    public static bool TryReadMultipath(ReadOnlySpan<byte> payload, out TcpSocket socket)
    {
        if (!TryRead(payload, out socket, out _, out _))
        {
            return false;
        }

        var info = FindInfo(payload[MessageLength..]);
        var unconfirmed = info.Length < ConfirmedOffset + 8
            ? 0
            : BinaryPrimitives.ReadUInt64LittleEndian(info[WrittenOffset..]) - BinaryPrimitives.ReadUInt64LittleEndian(info[ConfirmedOffset..]);
        socket = socket with
        {
            IsMultipath = true,
            SendQueue = (uint)Math.Min(unconfirmed, uint.MaxValue),
            SentAgo = TcpSocket.Never,
            ReceivedAgo = TcpSocket.Never,
            SegmentsReceived = TcpSocket.Never,
            DataSegmentsReceived = TcpSocket.Never,
            BytesReceived = ulong.MaxValue,
            BytesConfirmed = ulong.MaxValue,
        };
        return true;
    }

    private static InternetAddress Address(byte family, ReadOnlySpan<byte> bytes) =>
        family is IPv4 ? InternetAddress.FromIPv4(bytes) : InternetAddress.FromIPv6(bytes);

    /// <summary>A member of tcp_info, which older kernels end sooner.</summary>
    private static uint Word(ReadOnlySpan<byte> info, int offset) =>
        info.Length < offset + 4 ? TcpSocket.Never : BinaryPrimitives.ReadUInt32LittleEndian(info[offset..]);

    private static ulong LongWord(ReadOnlySpan<byte> info, int offset) =>
        info.Length < offset + 8 ? ulong.MaxValue : BinaryPrimitives.ReadUInt64LittleEndian(info[offset..]);

    private static ReadOnlySpan<byte> FindInfo(ReadOnlySpan<byte> attributes)
    {
        while (attributes.Length >= 4)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(attributes);
            if (length < 4 || length > attributes.Length)
            {
                break;
            }

            if (BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]) == Info)
            {
                return attributes[4..length];
            }

            attributes = attributes[Math.Min((length + 3) & ~3, attributes.Length)..];
        }

        return default;
    }

    private static void WriteHeader(Span<byte> request, ushort flags, uint sequence)
    {
        BinaryPrimitives.WriteInt32LittleEndian(request, request.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(request[4..], ByFamily);
        BinaryPrimitives.WriteUInt16LittleEndian(request[6..], flags);
        BinaryPrimitives.WriteUInt32LittleEndian(request[8..], sequence);
    }

    private static void WriteAttributeHeader(Span<byte> attribute, ushort type)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(attribute, (ushort)attribute.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(attribute[2..], type);
    }

    private static void WriteQuestion(Span<byte> request, byte family, byte protocol)
    {
        var question = request[NetlinkMessages.HeaderLength..];
        question[0] = family;
        question[1] = protocol;
        question[2] = WithInfo;
        BinaryPrimitives.WriteUInt32LittleEndian(question[4..], OpenStates);
    }
}
