using System.Buffers.Binary;

namespace Prestop.Linux.Sockets;

/// <summary>
/// Walks over the netlink messages of a datagram (struct nlmsghdr, netlink(7)). A message whose length cannot be true ends
/// the walk, and <see cref="IsAtEnd"/> tells.
/// </summary>
/// <param name="datagram">The bytes; any at all.</param>
internal ref struct NetlinkMessages(ReadOnlySpan<byte> datagram)
{
    /// <summary>The length of a message's header.</summary>
    public const int HeaderLength = 16;

    /// <summary>The message reports an error number, or success.</summary>
    public const ushort Error = 2;

    /// <summary>The message is the last of a dump.</summary>
    public const ushort Done = 3;

    /// <summary>Flag: what was dumped changed meanwhile in a way that may have left something out.</summary>
    public const ushort DumpInterrupted = 0x10;

    private const int EPROTO = 71;

    private ReadOnlySpan<byte> _rest = datagram;

    /// <summary>The kind of message.</summary>
    public ushort Type { get; private set; }

    /// <summary>The message's flags.</summary>
    public ushort Flags { get; private set; }

    /// <summary>The number of the request that this answers.</summary>
    public uint Sequence { get; private set; }

    /// <summary>What stands behind the header.</summary>
    public ReadOnlySpan<byte> Payload { get; private set; }

    /// <summary>The error number of a <see cref="Error"/> or <see cref="Done"/> message, 0 for success; EPROTO when it carries none.</summary>
    public readonly int ErrorNumber => Payload.Length < 4 ? EPROTO : -BinaryPrimitives.ReadInt32LittleEndian(Payload);

    /// <summary>True when nothing is left of the datagram.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>Goes to the next message.</summary>
    /// <returns>False when there is none.</returns>
    public bool MoveNext()
    {
        if (_rest.Length < HeaderLength)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(_rest);
        if (length < HeaderLength || length > _rest.Length)
        {
            return false;
        }

        Type = BinaryPrimitives.ReadUInt16LittleEndian(_rest[4..]);
        Flags = BinaryPrimitives.ReadUInt16LittleEndian(_rest[6..]);
        Sequence = BinaryPrimitives.ReadUInt32LittleEndian(_rest[8..]);
        Payload = _rest[HeaderLength..(int)length];
        _rest = _rest[Math.Min(((int)length + 3) & ~3, _rest.Length)..];
        return true;
    }
}
