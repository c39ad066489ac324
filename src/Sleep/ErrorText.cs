namespace Sleep;

/// <summary>The C library's words, as GNU's prints them, for the errors of write(2) and clock_nanosleep(2).</summary>
internal static class ErrorText
{
    public static ReadOnlySpan<byte> For(int error) => error switch
    {
        1 => "Operation not permitted"u8,
        5 => "Input/output error"u8,
        9 => "Bad file descriptor"u8,
        11 => "Resource temporarily unavailable"u8,
        22 => "Invalid argument"u8,
        27 => "File too large"u8,
        28 => "No space left on device"u8,
        32 => "Broken pipe"u8,
        38 => "Function not implemented"u8,
        122 => "Disk quota exceeded"u8,
        _ => "Unknown error"u8,
    };
}
