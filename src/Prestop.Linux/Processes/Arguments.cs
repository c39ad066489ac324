namespace Prestop.Linux.Processes;

/// <summary>The arguments of this process, byte for byte.</summary>
public static class Arguments
{
    private const char Replacement = '\uFFFD';

    /// <summary>
    /// The arguments with the bytes that .NET replaced because they are no UTF-8; see <see cref="ByteText"/>. They are read
    /// again from /proc; where that is not mounted they stay replaced.
    /// </summary>
    /// <param name="words">The arguments as <c>Main</c> has them.</param>
    public static string[] Exact(string[] words)
    {
        if (!Array.Exists(words, word => word.Contains(Replacement, StringComparison.Ordinal)))
        {
            return words;
        }

        byte[] line;
        try
        {
            line = File.ReadAllBytes("/proc/self/cmdline");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return words;
        }

        // Every argument ends with a NUL (proc(5)); the first is the program's own name.
        var exact = new List<string>(words.Length + 1);
        for (ReadOnlySpan<byte> rest = line; rest.IndexOf((byte)0) is >= 0 and var end; rest = rest[(end + 1)..])
        {
            exact.Add(ByteText.Decode(rest[..end]));
        }

        return exact.Count == words.Length + 1 ? [.. exact[1..]] : words;
    }
}
