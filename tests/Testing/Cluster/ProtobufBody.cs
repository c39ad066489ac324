using System.Text.Json.Nodes;
using Google.Protobuf;

namespace Prestop.Testing.Cluster;

/// <summary>
/// DeleteOptions as kubectl has sent them since 1.32: protobuf, in an envelope that begins with <c>k8s</c> and a zero
/// (k8s.io/apimachinery, <c>runtime/generated.proto</c> and <c>meta/v1/generated.proto</c>).
/// </summary>
internal static class ProtobufBody
{
    private static ReadOnlySpan<byte> Magic => "k8s\0"u8;

    public static bool Is(ReadOnlySpan<byte> body) => body.StartsWith(Magic);

    /// <summary>Reads the options.</summary>
    public static JsonObject DeleteOptions(byte[] body)
    {
        var options = new JsonObject { ["kind"] = "DeleteOptions", ["apiVersion"] = "v1" };
        foreach (var (field, value) in Fields(Fields(body[Magic.Length..]).Single(each => each.Field == 2).Value.Bytes))
        {
            switch (field)
            {
                case 1:
                    options["gracePeriodSeconds"] = value.Number;
                    break;
                case 2:
                    foreach (var (which, text) in Fields(value.Bytes))
                    {
                        options.Child("preconditions")[which == 1 ? "uid" : "resourceVersion"] = ByteString.CopyFrom(text.Bytes).ToStringUtf8();
                    }

                    break;
                case 4:
                    options["propagationPolicy"] = ByteString.CopyFrom(value.Bytes).ToStringUtf8();
                    break;
                case 5:
                    options["dryRun"] = new JsonArray("All");
                    break;
                default:
                    break;
            }
        }

        return options;
    }

    private static List<(int Field, (long Number, byte[] Bytes) Value)> Fields(byte[] message)
    {
        using var input = new CodedInputStream(message);
        var fields = new List<(int, (long, byte[]))>();
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            fields.Add((WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag) is WireFormat.WireType.Varint ? (input.ReadInt64(), []) : (0, input.ReadBytes().ToByteArray())));
        }

        return fields;
    }
}
