using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Prestop.Testing.Cluster;

internal sealed partial class ApiServer
{
    /// <summary>How long a watch goes on that names no end, in seconds.</summary>
    private const int LongestWatch = 1800;

    private static readonly TimeSpan BookmarkEvery = TimeSpan.FromSeconds(59);
    private static readonly TimeSpan BookmarkBeforeEnd = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan WaitForVersion = TimeSpan.FromSeconds(3);

    private async Task<HttpReply> ListAsync(ApiKind kind, string @namespace, IReadOnlyDictionary<string, string> query, CancellationToken cancellation)
    {
        var selectors = Selectors.Of(kind, query.GetValueOrDefault("labelSelector"), query.GetValueOrDefault("fieldSelector"));
        var version = store.Version;
        var after = "";
        if (query.GetValueOrDefault("continue") is { Length: > 0 } token)
        {
            (version, after) = Continued(token);
            version = version < 0 ? store.Version : version;
        }
        else if (long.TryParse(query.GetValueOrDefault("resourceVersion"), CultureInfo.InvariantCulture, out var asked))
        {
            if (asked > version)
            {
                await Task.Delay(WaitForVersion, time, cancellation);
                throw new Refusal(504, "Timeout", $"Timeout: Too large resource version: {asked}, current: {store.Version}", new JsonObject
                {
                    ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ResourceVersionTooLarge", ["message"] = "Too large resource version" }),
                    ["retryAfterSeconds"] = 1,
                })
                {
                    Headers = [("Retry-After", "1")],
                };
            }

            version = query.GetValueOrDefault("resourceVersionMatch") == "Exact" ? asked : version;
        }

        var all = store.AllAt(version, kind, @namespace) ?? throw (after.Length == 0
            ? Refusal.Expired("The resourceVersion for the provided list is too old.")
            : new Refusal(410, "Expired", "The provided continue parameter is too old to display a consistent list result.") { Metadata = new JsonObject { ["continue"] = Continue(-1, after) } });
        var limit = int.TryParse(query.GetValueOrDefault("limit"), CultureInfo.InvariantCulture, out var given) && given > 0 ? given : int.MaxValue;
        var left = all.Where(each => selectors.Fit(each) && string.CompareOrdinal(Key(each), after) > 0).ToList();
        var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) };
        if (left.Count > limit)
        {
            metadata["continue"] = Continue(version, Key(left[limit - 1]));
        }

        // The items of a list do not name their kind.
        var items = left.Take(limit).Select(each => (JsonNode)each.With(item =>
        {
            item.Remove("kind");
            item.Remove("apiVersion");
        }));
        return Json(200, new JsonObject { ["kind"] = $"{kind.Kind}List", ["apiVersion"] = kind.ApiVersion, ["metadata"] = metadata, ["items"] = new JsonArray([.. items]) });
    }

    private HttpReply Watch(ApiKind kind, string @namespace, IReadOnlyDictionary<string, string> query)
    {
        var selectors = Selectors.Of(kind, query.GetValueOrDefault("labelSelector"), query.GetValueOrDefault("fieldSelector"));
        var from = long.TryParse(query.GetValueOrDefault("resourceVersion"), CultureInfo.InvariantCulture, out var version) ? version : 0;
        var length = TimeSpan.FromSeconds(int.TryParse(query.GetValueOrDefault("timeoutSeconds"), CultureInfo.InvariantCulture, out var seconds) ? seconds : LongestWatch);
        var watch = new ObjectWatch(store, kind, @namespace, selectors, time)
        {
            From = from,
            Length = length,
            Bookmarks = query.GetValueOrDefault("allowWatchBookmarks") is "true" or "1" ? [.. Bookmarks(length)] : [],
            TellsBeginning = query.GetValueOrDefault("sendInitialEvents") == "true",
        };
        return new HttpReply(200, "") { ContentType = "application/json", SendPieces = watch.RunAsync };
    }

    private static IEnumerable<TimeSpan> Bookmarks(TimeSpan length)
    {
        for (var at = BookmarkEvery; at < length - BookmarkBeforeEnd; at += BookmarkEvery)
        {
            yield return at;
        }

        if (length > BookmarkBeforeEnd)
        {
            yield return length - BookmarkBeforeEnd;
        }
    }

    private static string Key(JsonObject subject) => $"{subject.Namespace()}/{subject.Name()}";

    private static string Continue(long version, string after) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(new JsonObject { ["v"] = "meta.k8s.io/v1", ["rv"] = version, ["start"] = after }.ToJsonString())).TrimEnd('=');

    private static (long Version, string After) Continued(string token)
    {
        try
        {
            var padded = token.PadRight((token.Length + 3) / 4 * 4, '=');
            var read = JsonNode.Parse(Convert.FromBase64String(padded));
            return (read.Number("rv")!.Value, read.Text("start")!);
        }
        catch (Exception thrown) when (thrown is FormatException or JsonException or InvalidOperationException)
        {
            throw Refusal.BadRequest("invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value");
        }
    }
}
