using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Prestop.Core.Addresses;

/// <summary>
/// An IPv4 or IPv6 address in one form: IPv4 is held as ::ffff:a.b.c.d, so that a client is the same whether it came to an
/// IPv4 socket or to an IPv6 socket that serves both.
/// </summary>
public readonly record struct InternetAddress
{
    private static readonly UInt128 MappedPrefix = new(0, 0xffff_0000_0000);
    private static readonly SearchValues<char> InAddress = SearchValues.Create("0123456789abcdefABCDEF:.");

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

    /// <summary>
    /// Reads an address as RFC 4291 and the dotted form of RFC 6943, section 3.1.1, "strict", have it: an IPv4 address is four decimal
    /// numbers without leading zeros. <see cref="IPAddress.TryParse(string, out IPAddress)"/> also takes 10.1, octal numbers, brackets with a port, and zones.
    /// </summary>
    /// <param name="text">The text; nothing may stand around the address.</param>
    /// <param name="address">The address.</param>
    /// <param name="problem">What is wrong and how to write it; empty when nothing is.</param>
    /// <returns>False when there is a problem.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out InternetAddress address, out string problem)
    {
        address = default;
        problem = text.IsEmpty ? "empty; write an address, or leave it out" : "";
        if (text.ContainsAnyExcept(InAddress))
        {
            problem = "not a plain address; write it without brackets, port and zone, such as 10.0.0.7 or fd00::7";
        }

        if (problem.Length > 0)
        {
            return false;
        }

        var colon = text.LastIndexOf(':');
        var dotted = text[(colon + 1)..];
        uint bits = 0;
        if ((colon < 0 || dotted.Contains('.')) && !TryParseDotted(dotted, out bits, out problem))
        {
            return false;
        }

        if (colon < 0)
        {
            address = new InternetAddress(MappedPrefix | bits);
        }
        else if (IPAddress.TryParse(text, out var parsed))
        {
            address = From(parsed);
        }
        else
        {
            problem = "not an IPv6 address; write eight groups of hexadecimal digits, '::' once for those that are 0, such as fd00::7";
        }

        return problem.Length == 0;
    }

    /// <summary>True when the first bits of both addresses are the same.</summary>
    /// <param name="other">The other address.</param>
    /// <param name="length">How many bits, 0 to 128, counted in the IPv6 form.</param>
    public bool SharesPrefix(InternetAddress other, int length) => length == 0 || (_bits ^ other._bits) >> (128 - length) == 0;

    /// <summary>The address with all bits behind its first ones cleared.</summary>
    /// <param name="length">How many bits stay, 0 to 128, counted in the IPv6 form.</param>
    public InternetAddress First(int length) => new(length == 0 ? 0 : _bits >> (128 - length) << (128 - length));

    /// <summary>The usual text: dotted for IPv4, RFC 5952 for IPv6.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, _bits);
        return new IPAddress(_bits >> 32 == MappedPrefix >> 32 ? bytes[12..] : bytes).ToString();
    }

    private static bool TryParseDotted(ReadOnlySpan<char> text, out uint bits, out string problem)
    {
        bits = 0;
        problem = "";
        var count = 0;
        foreach (var range in text.Split('.'))
        {
            var number = text[range];
            if (!byte.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                problem = "not an IPv4 address; write four numbers from 0 to 255, such as 10.0.0.7, or a network, such as 10.0.0.0/8";
                return false;
            }

            if (number.Length > 1 && number[0] == '0')
            {
                problem = $"'{number}' could be octal; write {value}";
                return false;
            }

            bits = (bits << 8) | value;
            count++;
        }

        if (count != 4)
        {
            problem = "an IPv4 address has four numbers; write all of them, such as 10.0.0.7, or a network, such as 10.0.0.0/8";
        }

        return count == 4;
    }
}
