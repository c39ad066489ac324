using System.Runtime.InteropServices;
using System.Text;

namespace Prestop.Testing;

/// <summary>What a program has written to one of its streams so far.</summary>
public sealed class Output
{
    private readonly Lock _gate = new();
    private readonly List<byte> _bytes = [];
    private readonly List<string> _lines = [];
    private readonly Pulse _pulse;
    private int _lineStart;
    private bool _ended;

    internal Output(Pulse pulse) => _pulse = pulse;

    /// <summary>Nobody holds the stream any more: no further byte will come.</summary>
    public bool Ended
    {
        get
        {
            lock (_gate)
            {
                return _ended;
            }
        }
    }

    public string Text
    {
        get
        {
            lock (_gate)
            {
                return Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(_bytes));
            }
        }
    }

    public byte[] Bytes
    {
        get
        {
            lock (_gate)
            {
                return [.. _bytes];
            }
        }
    }

    /// <summary>The finished lines, without their ends.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            _bytes.AddRange(bytes);
            var unread = CollectionsMarshal.AsSpan(_bytes)[_lineStart..];
            for (var length = unread.IndexOf((byte)'\n'); length >= 0; length = unread.IndexOf((byte)'\n'))
            {
                _lines.Add(Encoding.UTF8.GetString(unread[..length]).TrimEnd('\r'));
                _lineStart += length + 1;
                unread = unread[(length + 1)..];
            }
        }

        _pulse.Beat();
    }

    internal void End()
    {
        lock (_gate)
        {
            _ended = true;
        }

        _pulse.Beat();
    }
}
