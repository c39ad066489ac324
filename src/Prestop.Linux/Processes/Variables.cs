using System.Runtime.InteropServices;

namespace Prestop.Linux.Processes;

/// <summary>The environment variables of this process, byte for byte.</summary>
public static unsafe partial class Variables
{
    /// <summary>A variable's value; what is not UTF-8 in it as <see cref="ByteText"/> has it, where .NET would replace it.</summary>
    /// <param name="name">The variable's name.</param>
    /// <returns>The value, or null when the variable is not set.</returns>
    public static string? Find(string name)
    {
        var value = getenv(name);
        return value is null ? null : ByteText.Decode(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(value));
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial byte* getenv(string name);
}
