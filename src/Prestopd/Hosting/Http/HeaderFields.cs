namespace Prestopd.Hosting;

/// <summary>Goes through header lines, which were found well-formed by <see cref="RequestHead"/>.</summary>
/// <param name="lines">The lines, each with its line end.</param>
internal ref struct HeaderFields(ReadOnlySpan<byte> lines)
{
    private ReadOnlySpan<byte> _rest = lines;

    /// <summary>The field that was reached.</summary>
    public HeaderField Current { get; private set; }

    /// <summary>For foreach.</summary>
    public readonly HeaderFields GetEnumerator() => this;

    /// <summary>Goes to the next field.</summary>
    public bool MoveNext()
    {
        if (_rest.IndexOf((byte)'\n') is not (>= 0 and var end))
        {
            return false;
        }

        var line = _rest[..end];
        _rest = _rest[(end + 1)..];
        var colon = line.IndexOf((byte)':');
        Current = new HeaderField(line[..colon], line[(colon + 1)..].Trim(" \t\r"u8));
        return true;
    }
}

/// <summary>One header line.</summary>
/// <param name="name">The name as it was sent.</param>
/// <param name="value">The value without the blanks around it.</param>
internal readonly ref struct HeaderField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
{
    /// <summary>The name as it was sent.</summary>
    public ReadOnlySpan<byte> Name { get; } = name;

    /// <summary>The value without the blanks around it.</summary>
    public ReadOnlySpan<byte> Value { get; } = value;
}
