using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Prestop.Linux.Sockets;

/// <summary>
/// An IPv4 or IPv6 address in one form: IPv4 is held as ::ffff:a.b.c.d, so that a client is the same whether it came to an
/// IPv4 socket or to an IPv6 socket that serves both.
/// </summary>
public readonly record struct InternetAddress
{
    private static readonly UInt128 MappedPrefix = new(0, 0xffff_0000_0000);

    private readonly UInt128 _bits;

    private InternetAddress(UInt128 bits) => _bits = bits;

    /// <summary>True for 127.0.0.0/8 and ::1.</summary>
    public bool IsLoopback => _bits == UInt128.One || _bits >> 24 == (MappedPrefix | 0x7f00_0000) >> 24;

    /// <summary>Reads four bytes in network order.</summary>
    /// <param name="bytes">Four bytes or more.</param>
    public static InternetAddress FromIPv4(ReadOnlySpan<byte> bytes) => new(MappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(bytes));

    /// <summary>Reads sixteen bytes in network order.</summary>
    /// <param name="bytes">Sixteen bytes or more.</param>
    public static InternetAddress FromIPv6(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes));

    /// <summary>Takes over an address; a scope id is left out, since the socket table has none.</summary>
    /// <param name="address">An IPv4 or IPv6 address.</param>
    public static InternetAddress From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        _ = address.TryWriteBytes(bytes, out _);
        return address.AddressFamily is AddressFamily.InterNetwork ? FromIPv4(bytes) : FromIPv6(bytes);
    }

    /// <summary>True when the first bits of both addresses are the same.</summary>
    /// <param name="other">The other address.</param>
    /// <param name="length">How many bits, 0 to 128, counted in the IPv6 form.</param>
    public bool SharesPrefix(InternetAddress other, int length) => length == 0 || (_bits ^ other._bits) >> (128 - length) == 0;
}
