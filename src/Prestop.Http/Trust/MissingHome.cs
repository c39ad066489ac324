namespace Prestop.Http.Trust;

/// <summary>
/// .NET looks for certificates below the user's home too, and fails every TLS handshake where there is neither HOME nor an entry
/// in /etc/passwd, as in a scratch image. The name given here is seen by .NET alone: a program that is executed later gets the environment as it was.
/// </summary>
public static class MissingHome
{
    /// <summary>Names a place where nothing is found.</summary>
    public static void Name()
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("HOME")))
        {
            Environment.SetEnvironmentVariable("HOME", "/dev/null");
        }
    }
}
