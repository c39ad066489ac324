using System.Text.Json.Nodes;

namespace Prestop.Testing.ApiServer;

/// <summary>An endpoint as the API server writes it.</summary>
internal sealed record SliceEndpoint(params string[] Addresses)
{
    /// <summary>Null writes no <c>ready</c> at all.</summary>
    public bool? Ready { get; init; } = true;

    public bool Terminating { get; init; }

    /// <summary>False writes no <c>conditions</c> at all.</summary>
    public bool HasConditions { get; init; } = true;

    public string? Pod { get; init; }

    public string TargetKind { get; init; } = "Pod";

    public string TargetNamespace { get; init; } = "shop";

    public JsonObject ToJson()
    {
        var json = new JsonObject { ["addresses"] = new JsonArray([.. Addresses.Select(address => (JsonNode)address)]) };
        if (HasConditions)
        {
            var conditions = new JsonObject { ["serving"] = true, ["terminating"] = Terminating };
            if (Ready is not null)
            {
                conditions["ready"] = Ready;
            }

            json["conditions"] = conditions;
        }

        if (Pod is not null)
        {
            json["targetRef"] = new JsonObject
            {
                ["kind"] = TargetKind,
                ["namespace"] = TargetNamespace,
                ["name"] = Pod,
                ["uid"] = "5b1f4c8e-0000-4000-8000-000000000001",
            };
        }

        json["nodeName"] = "node-1";
        return json;
    }
}

/// <summary>An EndpointSlice as the API server writes it.</summary>
internal sealed record Slice(string Name, params SliceEndpoint[] Endpoints)
{
    public string Service { get; init; } = "web";

    public string Namespace { get; init; } = "shop";

    public string AddressType { get; init; } = "IPv4";

    public string Uid { get; init; } = "5b1f4c8e-0000-4000-8000-000000000002";

    /// <summary>Bytes of padding, for objects of any size.</summary>
    public int Padding { get; init; }

    public JsonObject ToJson(int version) => new()
    {
        ["kind"] = "EndpointSlice",
        ["apiVersion"] = "discovery.k8s.io/v1",
        ["metadata"] = new JsonObject
        {
            ["name"] = Name,
            ["generateName"] = "web-",
            ["namespace"] = Namespace,
            ["uid"] = Uid,
            ["resourceVersion"] = $"{version}",
            ["generation"] = 3,
            ["annotations"] = Padding == 0 ? null : new JsonObject { ["padding"] = new string('x', Padding) },
            ["labels"] = new JsonObject { ["kubernetes.io/service-name"] = Service },
            ["managedFields"] = new JsonArray(new JsonObject { ["fieldsV1"] = new JsonObject { ["f:endpoints"] = new JsonObject() } }),
        },
        ["addressType"] = AddressType,

        // The API server writes an empty list of endpoints as null.
        ["endpoints"] = Endpoints.Length == 0 ? null : new JsonArray([.. Endpoints.Select(endpoint => (JsonNode)endpoint.ToJson())]),
        ["ports"] = new JsonArray(new JsonObject { ["name"] = "http", ["protocol"] = "TCP", ["port"] = 8080 }),
    };
}
