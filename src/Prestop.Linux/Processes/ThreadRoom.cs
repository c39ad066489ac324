namespace Prestop.Linux.Processes;

/// <summary>Whether this process may still start threads: the cgroup's pids.max and RLIMIT_NPROC count them as processes.</summary>
public static class ThreadRoom
{
    /// <summary>
    /// Starts so many threads side by side and lets them end: nothing else tells for certain. The runtime aborts the process where its pool
    /// or its sockets cannot have the threads that they need.
    /// </summary>
    /// <param name="count">How many.</param>
    public static bool IsFor(int count)
    {
        var gate = new Lock();
        var started = new List<Thread>(count);
        lock (gate)
        {
            try
            {
                while (started.Count < count)
                {
                    var thread = new Thread(() => { lock (gate) { } });
                    thread.Start();
                    started.Add(thread);
                }
            }
            catch (Exception failure) when (failure is OutOfMemoryException or ThreadStartException)
            {
                // Told by the count.
            }
        }

        foreach (var thread in started)
        {
            thread.Join();
        }

        return started.Count == count;
    }
}
