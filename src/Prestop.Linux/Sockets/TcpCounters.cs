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

    /// <summary>Reads the counters. A line of names stands before the line of values.</summary>
    /// <exception cref="IOException">There is no such file, or it cannot be understood.</exception>
    public static TcpCounters Read()
    {
        if (!ProcFile.TryOpen(Path, stackalloc byte[ProcFile.BufferLength], out var file))
        {
            throw new IOException($"{Path}: no such file");
        }

        using (file)
        {
            byte[]? names = null;
            while (file.MoveNext())
            {
                if (!file.Line.StartsWith("Tcp: "u8))
                {
                    continue;
                }

                if (names is not null)
                {
                    return TryParse(names, file.Line, out var counters) ? counters : throw new IOException($"{Path}: not understood");
                }

                names = file.Line.ToArray();
            }
        }

        throw new IOException($"{Path}: not understood");
    }

    /// <summary>Finds the counters.</summary>
    /// <param name="names">The names, with blanks between them.</param>
    /// <param name="values">A value for each name.</param>
    /// <param name="counters">The counters.</param>
    /// <returns>False when one is missing.</returns>
    public static bool TryParse(ReadOnlySpan<byte> names, ReadOnlySpan<byte> values, out TcpCounters counters)
    {
        counters = default;
        if (!TryGet(names, values, "PassiveOpens"u8, out var opens)
            || !TryGet(names, values, "InSegs"u8, out var segmentsIn)
            || !TryGet(names, values, "OutSegs"u8, out var segmentsOut))
        {
            return false;
        }

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
