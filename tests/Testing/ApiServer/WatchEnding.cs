namespace Prestop.Testing.ApiServer;

/// <summary>What becomes of a watch once it has told all there is to tell.</summary>
internal enum WatchEnding
{
    /// <summary>It stays open.</summary>
    None,

    /// <summary>The server ends it in good order.</summary>
    Clean,

    /// <summary>The same, after a bookmark.</summary>
    BookmarkThenClean,

    /// <summary>The connection is cut between two events.</summary>
    Cut,

    /// <summary>The connection is cut in the middle of an event.</summary>
    CutInEvent,

    /// <summary>The server ends it in good order, in the middle of an event.</summary>
    CleanInEvent,

    /// <summary>An ERROR event with code 410.</summary>
    GoneEvent,

    /// <summary>A line that is no JSON.</summary>
    Garbage,

    /// <summary>Not even opened: status 410.</summary>
    GoneStatus,

    /// <summary>Not even opened: status 500.</summary>
    InternalError,

    /// <summary>Not even opened: the connection is cut before the head.</summary>
    CutBeforeHead,
}
