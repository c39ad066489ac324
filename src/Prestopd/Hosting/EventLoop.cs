namespace Prestopd.Hosting;

/// <summary>How .NET's sockets tell that something has come.</summary>
internal static class EventLoop
{
    /// <summary>
    /// From now on one thread waits for all sockets and runs what follows on the spot, instead of handing it to a second thread. For
    /// servers that never block: a new connection costs a third less, and a kept one half. Before the first socket is made.
    /// </summary>
    public static void UseOneThread()
    {
        Set("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS");
        Set("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT");
    }

    private static void Set(string variable)
    {
        if (Environment.GetEnvironmentVariable(variable) is null)
        {
            Environment.SetEnvironmentVariable(variable, "1");
        }
    }
}
