using Prestop.Linux.Processes;

namespace Prestop.Http.Trust;

/// <summary>What .NET and OpenSSL look for on a machine before the first use of TLS.</summary>
public static class TlsRuntime
{
    /// <summary>
    /// Keeps both from reading files of the image. To be called before anything that .NET does with OpenSSL: the first call decides
    /// (OPENSSL_init_crypto(3)). The types of this room do so by themselves; who makes keys must.
    /// </summary>
    public static void KeepToItself()
    {
        OpenSsl.KeepFromConfigurationAndCleanUp();

        // .NET looks for certificates below the user's home too, and fails every handshake where there is neither HOME nor an entry in /etc/passwd.
        // The place named here is seen by .NET alone: a program that is executed later gets the environment as it was.
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("HOME")))
        {
            Environment.SetEnvironmentVariable("HOME", "/dev/null");
        }
    }
}
