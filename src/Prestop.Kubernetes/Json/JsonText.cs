using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Prestop.Kubernetes.Json;

/// <summary>JSON as it is sent.</summary>
public static class JsonText
{
    /// <summary>The UTF-8 text of a value, without blanks.</summary>
    /// <param name="node">A value that was put together from strings, numbers and flags: nothing in it needs reflection.</param>
    public static byte[] ToUtf8(this JsonNode node)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            node.WriteTo(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }
}
