using Microsoft.Win32.SafeHandles;

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

    /// <summary>Takes the next field, which blanks end, off a line.</summary>
    /// <param name="line">What is left of the line.</param>
    public static ReadOnlySpan<byte> NextField(ref ReadOnlySpan<byte> line)
    {
        line = line.TrimStart((byte)' ');
        var end = line.IndexOf((byte)' ');
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
