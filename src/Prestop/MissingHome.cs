namespace Prestop;

/// <summary>
/// .NET looks for certificates below the user's home too, and fails every TLS handshake where there is neither HOME nor an entry
/// in /etc/passwd, as in a scratch image. The name given here is seen by .NET alone: COMMAND gets the environment as it was.
/// </summary>
internal static class MissingHome
{
    /// <summary>Names a place where nothing is found.</summary>
    public static void Name()
    {
        if (Environment.GetEnvironmentVariable("HOME") is null)
        {
            Environment.SetEnvironmentVariable("HOME", "/dev/null");
        }
    }
}
