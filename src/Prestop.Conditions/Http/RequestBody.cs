using Prestop.Linux.Files;
using Prestop.Linux.Processes;

namespace Prestop.Conditions.Http;

/// <summary>
/// A request's body from the values of curl's <c>-d</c>: each is the bytes themselves, or <c>@FILE</c> for those of a file without its line ends
/// and NULs; an ampersand stands between two values.
/// </summary>
internal static class RequestBody
{
    /// <summary>The largest file that is sent, in bytes.</summary>
    private const int MaxFileBytes = 1024 * 1024;

    /// <summary>How many bytes a body has; null when that depends on a file.</summary>
    /// <param name="values">The values.</param>
    public static int? LengthOf(IReadOnlyList<string> values) =>
        values.Any(IsFile) ? null : values.Sum(value => ByteText.Encode(value).Length) + values.Count - 1;

    /// <summary>Reads a body.</summary>
    /// <param name="values">The values; one or more.</param>
    /// <param name="problem">When a file cannot be sent: why, with the limit.</param>
    /// <returns>The body, or null when there is a problem.</returns>
    public static byte[]? Read(IReadOnlyList<string> values, out string problem)
    {
        var body = new MemoryStream();
        for (var i = 0; i < values.Count; i++)
        {
            if (i > 0)
            {
                body.WriteByte((byte)'&');
            }

            if (!IsFile(values[i]))
            {
                body.Write(ByteText.Encode(values[i]));
            }
            else if (SmallFile.Read(values[i][1..], MaxFileBytes, file => CopyText(file, body)) is { } words)
            {
                problem = $"the file of --data: {words}; give one that can be read";
                return null;
            }
        }

        problem = "";
        return body.ToArray();
    }

    private static bool IsFile(string value) => value.StartsWith('@');

    private static void CopyText(Stream file, MemoryStream body)
    {
        while (file.ReadByte() is >= 0 and var next)
        {
            if (next is not ('\r' or '\n' or '\0'))
            {
                body.WriteByte((byte)next);
            }
        }
    }
}
