using System.Text;
using System.Text.Json.Nodes;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;

namespace Prestopd.Controller.Cluster;

/// <summary>Tells on a pod, as events of it, what becomes of it (<c>kubectl describe pod</c>). The same thing is told of a pod once in a while only.</summary>
/// <param name="api">The client.</param>
/// <param name="background">Makes the calls.</param>
/// <param name="instance">Which replica this is.</param>
/// <param name="time">The clock.</param>
internal sealed class PodEvents(ApiClient api, BackgroundCalls background, string instance, TimeProvider time)
{
    /// <summary>Who tells: <c>reportingController</c>, which <c>kubectl get events</c> selects by under the name that it has in core/v1, <c>reportingComponent</c>.</summary>
    public const string Controller = "prestop/controller";

    /// <summary>The most bytes that the API server takes of a note (k8s.io/kubernetes, validation of events.k8s.io/v1).</summary>
    private const int LongestNote = 1024;

    private const int MostTold = 4096;

    private static readonly TimeSpan Again = TimeSpan.FromMinutes(5);
    private static readonly Resource<WrittenObject> Events = new("events.k8s.io", "v1", "events", WrittenObject.Read);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Uid, string Reason), DateTimeOffset> _told = [];

    /// <summary>Tells something.</summary>
    /// <param name="pod">Which pod.</param>
    /// <param name="reason">What has happened, in one word: <c>DrainStarted</c>.</param>
    /// <param name="action">What was done or refused: <c>Delete</c>.</param>
    /// <param name="note">The same in words.</param>
    public void Tell(ObjectMeta pod, string reason, string action, string note)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (_told.TryGetValue((pod.Uid, reason), out var before) && now - before < Again)
            {
                return;
            }

            if (_told.Count >= MostTold)
            {
                _told.Clear();
            }

            _told[(pod.Uid, reason)] = now;
        }

        var body = new JsonObject
        {
            ["apiVersion"] = "events.k8s.io/v1",
            ["kind"] = "Event",
            ["metadata"] = new JsonObject { ["generateName"] = $"{pod.Name}.", ["namespace"] = pod.Namespace },
            ["eventTime"] = MicroTime.Text(now),
            ["reportingController"] = Controller,
            ["reportingInstance"] = instance,
            ["action"] = action,
            ["reason"] = reason,
            ["type"] = "Normal",
            ["note"] = Cut(note),
            ["regarding"] = new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Pod",
                ["namespace"] = pod.Namespace,
                ["name"] = pod.Name,
                ["uid"] = pod.Uid,
            },
        };
        background.Add(async cancellation => (await api.CreateAsync(Events, pod.Namespace, body, new WriteOptions(), cancellation)).Error);
    }

    private static string Cut(string note)
    {
        while (Encoding.UTF8.GetByteCount(note) > LongestNote)
        {
            note = note[..^1];
        }

        return note;
    }
}
