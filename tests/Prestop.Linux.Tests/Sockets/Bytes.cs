using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using FsCheck;
using FsCheck.Fluent;
using Prestop.Linux.Sockets;

namespace Prestop.Linux.Tests.Sockets;

/// <summary>Messages as the kernel writes them, built by hand from the kernel's headers, and bytes that it never would.</summary>
internal static class Bytes
{
    public const int InfoLength = 280;

    /// <summary>Any bytes, more often than not with lengths and types in them that look right.</summary>
    public static Arbitrary<byte[]> Any { get; } = Gen.OneOf(
        ArbMap.Default.GeneratorFor<byte[]>(),
        ArbMap.Default.GeneratorFor<byte[]>().ListOf().Select(parts => parts.SelectMany(part => Message(20, 1, part)).ToArray()),
        from message in Gen.Constant(Message(20, 1, Socket(IPAddress.Loopback, 8080, IPAddress.Loopback, 4711)))
        from at in Gen.Choose(0, message.Length - 1)
        from value in Gen.Choose(0, 255)
        from length in Gen.Choose(0, message.Length)
        select Damaged(message, at, (byte)value)[..length]).ToArbitrary();

    public static byte[] Message(ushort type, uint sequence, ReadOnlySpan<byte> payload, ushort flags = 2)
    {
        var message = new byte[16 + ((payload.Length + 3) & ~3)];
        BinaryPrimitives.WriteInt32LittleEndian(message, 16 + payload.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), type);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(6), flags);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(8), sequence);
        payload.CopyTo(message.AsSpan(16));
        return message;
    }

    public static byte[] Socket(
        IPAddress local, ushort localPort, IPAddress remote, ushort remotePort, TcpState state = TcpState.Established,
        uint receiveQueue = 0, uint sendQueue = 0, uint inode = 7, uint sentAgo = 0, uint receivedAgo = 0, int infoLength = InfoLength)
    {
        var message = new byte[72 + 4 + 4 + 4 + infoLength];
        message[0] = local.AddressFamily is AddressFamily.InterNetwork ? InetDiag.IPv4 : InetDiag.IPv6;
        message[1] = (byte)state;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(4), localPort);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(6), remotePort);
        local.GetAddressBytes().CopyTo(message, 8);
        remote.GetAddressBytes().CopyTo(message, 24);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(56), receiveQueue);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(60), sendQueue);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(68), inode);

        // An attribute of one byte and its padding first: INET_DIAG_SHUTDOWN, which the kernel sends unasked.
        message[72] = 5;
        message[74] = 8;
        var info = message.AsSpan(80);
        BinaryPrimitives.WriteUInt16LittleEndian(info, (ushort)(4 + infoLength));
        info[2] = 2;
        Write(info[4..], 44, sentAgo);
        Write(info[4..], 52, receivedAgo);
        Write(info[4..], 140, 3);
        return message;
    }

    private static void Write(Span<byte> info, int offset, uint value)
    {
        if (info.Length >= offset + 4)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(info[offset..], value);
        }
    }

    private static byte[] Damaged(byte[] message, int at, byte value)
    {
        byte[] damaged = [.. message];
        damaged[at] = value;
        return damaged;
    }
}
