using System.Runtime.InteropServices;

namespace Prestop.Http.Trust;

/// <summary>What .NET and OpenSSL look for on a machine before the first use of TLS.</summary>
public static partial class TlsRuntime
{
    private const ulong OPENSSL_INIT_NO_LOAD_CONFIG = 0x80;
    private const ulong OPENSSL_INIT_NO_ATEXIT = 0x80000;

    /// <summary>
    /// Keeps them from the files of the image. To be called before anything that .NET does with OpenSSL: the first call decides
    /// (OPENSSL_init_crypto(3)). The types of this room do so by themselves; who makes keys must.
    /// </summary>
    public static void KeepToItself()
    {
        // OPENSSL_CONF, or openssl.cnf of the image, may name providers and engines, which OpenSSL would load from there into a static program, with
        // the image's own C library. Nor may it clean up at exit, under a thread whose look nobody waits for: .NET asks for that too, but too late.
        _ = OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, 0);

        // .NET looks for certificates below the user's home too, and fails every handshake where there is neither HOME nor an entry in /etc/passwd.
        // The place named here is seen by .NET alone: a program that is executed later gets the environment as it was.
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("HOME")))
        {
            Environment.SetEnvironmentVariable("HOME", "/dev/null");
        }
    }

    [LibraryImport("libcrypto")]
    private static partial int OPENSSL_init_crypto(ulong options, nint settings);
}
