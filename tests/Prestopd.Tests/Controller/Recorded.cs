using System.Text.Json;
using System.Text.Json.Nodes;
using Prestopd.Controller.Admission;

namespace Prestopd.Tests.Controller;

/// <summary>What a real API server asked and answered; <c>Recordings/README.md</c> says where it is from.</summary>
internal static class Recorded
{
    public static byte[] Bytes(string name) => File.ReadAllBytes(Path.Join(AppContext.BaseDirectory, "Controller", "Recordings", $"{name}.json"));

    public static JsonNode Json(string name) => JsonNode.Parse(Bytes(name))!;

    public static AdmissionRequest Review(string name)
    {
        var request = AdmissionRequest.Read(Bytes(name), out var problem);
        return request ?? throw new InvalidOperationException($"{name}: {problem}");
    }

    public static JsonElement Element(JsonNode node) => JsonDocument.Parse(node.ToJsonString()).RootElement;
}
