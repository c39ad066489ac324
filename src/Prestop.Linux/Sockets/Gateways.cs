using System.Buffers.Text;
using Prestop.Core.Addresses;

namespace Prestop.Linux.Sockets;

/// <summary>The default gateways of this network namespace. On a bridge network a pod's is its node, and the kubelet's probes come from there.</summary>
public static class Gateways
{
    private const uint ViaGateway = 2; // RTF_GATEWAY of include/uapi/linux/route.h

    /// <summary>Reads the gateways of both families; none where there is no route, or no such file.</summary>
    /// <exception cref="IOException">A file may not be read.</exception>
    public static IReadOnlyList<InternetAddress> Read()
    {
        var gateways = new List<InternetAddress>();
        Read("/proc/net/route", TryReadIPv4, gateways);
        Read("/proc/net/ipv6_route", TryReadIPv6, gateways);
        return gateways;
    }

    /// <summary>Reads a line of /proc/net/route: interface, destination, gateway, flags, three counts, mask; addresses as little-endian words.</summary>
    /// <param name="line">The line.</param>
    /// <param name="gateway">The gateway.</param>
    /// <returns>False when it is not that of a default route by a gateway.</returns>
    internal static bool TryReadIPv4(ReadOnlySpan<byte> line, out InternetAddress gateway)
    {
        gateway = default;
        ProcFile.NextField(ref line);
        if (!TryReadHex(ref line, out var destination) || !TryReadHex(ref line, out var address) || !TryReadHex(ref line, out var flags))
        {
            return false;
        }

        ProcFile.NextField(ref line);
        ProcFile.NextField(ref line);
        ProcFile.NextField(ref line);
        gateway = InternetAddress.FromIPv4([(byte)address, (byte)(address >> 8), (byte)(address >> 16), (byte)(address >> 24)]);
        return TryReadHex(ref line, out var mask) && destination == 0 && mask == 0 && (flags & ViaGateway) != 0;
    }

    /// <summary>Reads a line of /proc/net/ipv6_route: destination and its length, source and its length, next hop, three counts, flags.</summary>
    /// <param name="line">The line.</param>
    /// <param name="gateway">The gateway.</param>
    /// <returns>False when it is not that of a default route by a gateway.</returns>
    internal static bool TryReadIPv6(ReadOnlySpan<byte> line, out InternetAddress gateway)
    {
        gateway = default;
        ProcFile.NextField(ref line);
        var length = ProcFile.NextField(ref line);
        ProcFile.NextField(ref line);
        ProcFile.NextField(ref line);
        var hop = ProcFile.NextField(ref line);
        ProcFile.NextField(ref line);
        ProcFile.NextField(ref line);
        ProcFile.NextField(ref line);
        if (!length.SequenceEqual("00"u8) || !TryReadHex(ref line, out var flags) || (flags & ViaGateway) == 0 || hop.Length != 32)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[16];
        for (var i = 0; i < bytes.Length; i++)
        {
            if (!Utf8Parser.TryParse(hop.Slice(2 * i, 2), out bytes[i], out var used, 'x') || used != 2)
            {
                return false;
            }
        }

        gateway = InternetAddress.FromIPv6(bytes);
        return true;
    }

    private static void Read(string path, Reader read, List<InternetAddress> gateways)
    {
        if (!ProcFile.TryOpen(path, stackalloc byte[ProcFile.BufferLength], out var file))
        {
            return;
        }

        using (file)
        {
            while (file.MoveNext())
            {
                if (read(file.Line, out var gateway))
                {
                    gateways.Add(gateway);
                }
            }
        }
    }

    private static bool TryReadHex(ref ReadOnlySpan<byte> line, out uint value)
    {
        var field = ProcFile.NextField(ref line);
        return Utf8Parser.TryParse(field, out value, out var used, 'x') && used == field.Length;
    }

    private delegate bool Reader(ReadOnlySpan<byte> line, out InternetAddress gateway);
}
