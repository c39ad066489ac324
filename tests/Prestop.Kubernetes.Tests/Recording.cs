using System.Text.Json.Nodes;

namespace Prestop.Kubernetes.Tests;

/// <summary>One request to a real API server and its answer; <c>Recordings/README.md</c> says where they are from.</summary>
internal sealed class Recording
{
    private readonly JsonNode _request;
    private readonly JsonNode _response;

    private Recording(JsonNode root) => (_request, _response) = (root["request"]!, root["response"]!);

    public string Method => (string)_request["method"]!;

    /// <summary>The path and query.</summary>
    public string Target => (string)_request["path"]!;

    public JsonNode? Body => _request["body"];

    public string? RequestHeader(string name) => (string?)_request["headers"]![name];

    public int Status => (int)_response["status"]!;

    public IEnumerable<(string Name, string Value)> Headers =>
        _response["headers"]!.AsObject().Select(header => (header.Key, (string)header.Value!));

    public string Answer => _response["body"] is JsonValue text ? (string)text! : _response["body"]!.ToJsonString();

    public static Recording Load(string name) => new(JsonNode.Parse(Text($"{name}.json"))!);

    /// <summary>The lines of a recorded watch.</summary>
    public static string[] Lines(string name) => Text($"{name}.ndjson").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string Text(string file) => File.ReadAllText(Path.Join(AppContext.BaseDirectory, "Recordings", file));
}
