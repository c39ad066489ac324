using System.Net;
using Prestop.Elb.Client;
using Prestop.Elb.Draining;

namespace Prestop.Elb.Polling;

/// <summary>One look at a target group, shared by all who wait on it.</summary>
/// <param name="Asked">When it was begun, on the feed's clock.</param>
/// <param name="Answered">When it ended.</param>
/// <param name="Targets">Every target that this or an earlier look of the same row showed, by <see cref="Id"/>; several where it has several ports.</param>
/// <param name="Error">Why the look failed; null when it did not.</param>
public sealed record GroupLook(
    TimeSpan Asked, TimeSpan Answered, IReadOnlyDictionary<string, IReadOnlyList<SeenTarget>> Targets, ElbError? Error)
{
    /// <summary>The id by which a target is found: an IP address in its shortest form, anything else as it is.</summary>
    /// <param name="id">An instance, IP address or ARN.</param>
    public static string Id(string id) => IPAddress.TryParse(id, out var address) ? address.ToString() : id;
}

/// <summary>A target of a group.</summary>
/// <param name="Port">Its port.</param>
/// <param name="Sighting">What was seen of it.</param>
public readonly record struct SeenTarget(int Port, TargetSighting Sighting);
