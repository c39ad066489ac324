using System.Runtime.InteropServices;

namespace Prestop.Http.Trust;

/// <summary>The file that OpenSSL reads when it is first used: OPENSSL_CONF, or openssl.cnf of the image.</summary>
internal static partial class OpenSslConfiguration
{
    private const ulong OPENSSL_INIT_NO_LOAD_CONFIG = 0x80;

    /// <summary>
    /// Leaves it unread: it may name providers and engines, which OpenSSL would load from the image into a static program, with the image's own C
    /// library. Called before anything that .NET does with OpenSSL: the first call decides (OPENSSL_init_crypto(3)).
    /// </summary>
    public static void Ignore() => _ = OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, 0);

    [LibraryImport("libcrypto")]
    private static partial int OPENSSL_init_crypto(ulong options, nint settings);
}
