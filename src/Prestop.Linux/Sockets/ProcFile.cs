using System.Buffers.Binary;
using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;
using Prestop.Core.Addresses;

namespace Prestop.Linux.Sockets;

/// <summary>Reads a table under /proc/net line by line, through a buffer: a table may be long, and memory counts against the app's limit.</summary>
internal ref struct ProcFile
{
    /// <summary>More than the kernel gives at a time, and than any line of these tables has.</summary>
    public const int BufferLength = 8192;

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly Span<byte> _buffer;
    private long _position;
    private int _start;
    private int _end;

    private ProcFile(string path, SafeFileHandle file, Span<byte> buffer)
    {
        _path = path;
        _file = file;
        _buffer = buffer;
    }

    /// <summary>The line, without its end. The bytes are good until the next call.</summary>
    public ReadOnlySpan<byte> Line { get; private set; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="buffer"><see cref="BufferLength"/> bytes.</param>
    /// <param name="file">The file, before its first line.</param>
    /// <returns>False when there is no such file.</returns>
    /// <exception cref="IOException">It may not be read.</exception>
    public static bool TryOpen(string path, Span<byte> buffer, out ProcFile file)
    {
        file = default;
        try
        {
            file = new ProcFile(path, File.OpenHandle(path), buffer);
            return true;
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Failed(path, failure);
        }
    }

    /// <summary>Goes to the next line.</summary>
    /// <returns>False when there is none.</returns>
    /// <exception cref="IOException">The file cannot be read, or is no table.</exception>
    public bool MoveNext()
    {
        while (true)
        {
            var length = _buffer[_start.._end].IndexOf((byte)'\n');
            if (length >= 0)
            {
                Line = _buffer.Slice(_start, length);
                _start += length + 1;
                return true;
            }

            _buffer[_start.._end].CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            var read = _end < _buffer.Length ? Read(_buffer[_end..]) : throw new IOException($"{_path}: not understood");
            if (read == 0)
            {
                return _end == 0 ? false : throw new IOException($"{_path}: ends in the middle of a line");
            }

            _end += read;
            _position += read;
        }
    }

    /// <summary>Takes the next field, which blanks or tabs end, off a line.</summary>
    /// <param name="line">What is left of the line.</param>
    public static ReadOnlySpan<byte> NextField(ref ReadOnlySpan<byte> line)
    {
        line = line.TrimStart(" \t"u8);
        var end = line.IndexOfAny((byte)' ', (byte)'\t');
        var field = end < 0 ? line : line[..end];
        line = line[field.Length..];
        return field;
    }

    /// <summary>Closes the file.</summary>
    public readonly void Dispose() => _file?.Dispose();

    private readonly int Read(Span<byte> buffer)
    {
        try
        {
            return RandomAccess.Read(_file, buffer, _position);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Failed(_path, failure);
        }
    }

    private static IOException Failed(string path, Exception failure) =>
        new($"{path}: {(failure is UnauthorizedAccessException ? "permission denied" : "cannot be read")}", failure);
}

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
