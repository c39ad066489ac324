using System.Buffers.Text;

namespace Prestop.Linux.Sockets;

/// <summary>Counters of all TCP in this network namespace (/proc/net/snmp, RFC 4022 names).</summary>
internal readonly struct TcpCounters
{
    private const string Path = "/proc/net/snmp";

    /// <summary>Connections that others opened to this namespace, since it was made.</summary>
    public long PassiveOpens { get; private init; }

    /// <summary>Segments received.</summary>
    public long SegmentsIn { get; private init; }

    /// <summary>Segments sent.</summary>
    public long SegmentsOut { get; private init; }

    /// <summary>Reads the counters.</summary>
    /// <exception cref="IOException">There is no such file, or it cannot be understood.</exception>
    public static TcpCounters Read() =>
        TryParse(ProcFile.Read(Path), out var counters) ? counters : throw new IOException($"{Path}: not understood");

    /// <summary>Finds the counters. A line of names stands before the line of values.</summary>
    /// <param name="text">The file.</param>
    /// <param name="counters">The counters.</param>
    /// <returns>False when one is missing.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out TcpCounters counters)
    {
        counters = default;
        ReadOnlySpan<byte> names = default;
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = text[range];
            if (!line.StartsWith("Tcp: "u8))
            {
                continue;
            }

            if (names.IsEmpty)
            {
                names = line;
                continue;
            }

            return TryGet(names, line, "PassiveOpens"u8, out var opens)
                && TryGet(names, line, "InSegs"u8, out var segmentsIn)
                && TryGet(names, line, "OutSegs"u8, out var segmentsOut)
                && Set(out counters, opens, segmentsIn, segmentsOut);
        }

        return false;
    }

    private static bool Set(out TcpCounters counters, long opens, long segmentsIn, long segmentsOut)
    {
        counters = new TcpCounters { PassiveOpens = opens, SegmentsIn = segmentsIn, SegmentsOut = segmentsOut };
        return true;
    }

    private static bool TryGet(ReadOnlySpan<byte> names, ReadOnlySpan<byte> values, ReadOnlySpan<byte> name, out long value)
    {
        value = 0;
        while (!names.IsEmpty && !values.IsEmpty)
        {
            var nextName = ProcFile.NextField(ref names);
            var nextValue = ProcFile.NextField(ref values);
            if (nextName.SequenceEqual(name))
            {
                return Utf8Parser.TryParse(nextValue, out value, out var used) && used == nextValue.Length;
            }
        }

        return false;
    }
}
