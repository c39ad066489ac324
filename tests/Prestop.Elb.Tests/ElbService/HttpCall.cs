namespace Prestop.Elb.Tests.ElbService;

/// <summary>A request as a server sees it; header names in lower case.</summary>
internal sealed record HttpCall(string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body);

/// <summary>An answer; how it gets onto the wire is the server's matter.</summary>
internal sealed record HttpReply(int Status, string Body)
{
    public string ContentType { get; init; } = "text/xml";

    /// <summary>An answer that breaks off in its middle, and the connection with it.</summary>
    public bool IsCut { get; init; }

    /// <summary>No answer: the connection is reset.</summary>
    public bool IsReset { get; init; }

    /// <summary>No answer, ever.</summary>
    public bool Hangs { get; init; }
}
