using System.Security.Cryptography.X509Certificates;

namespace Prestop.Http.Trust;

/// <summary>Where images keep the authorities that they trust; see <see cref="Authorities.OfImage"/>.</summary>
internal static class ImageAuthorities
{
    /// <summary>More files than this in one directory are not read: it was not made for certificates.</summary>
    private const int MostFiles = 2000;

    private static readonly string[] Bundles =
    [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ];

    private static readonly string[] Directories = ["/etc/ssl/certs", "/etc/pki/tls/certs"];

    /// <summary>Reads some of them.</summary>
    /// <param name="isWanted">Tells by their subjects which to keep.</param>
    /// <param name="everywhere">Whether the directories are read, not the bundle alone: in a distribution's they hold the same in 280 files.</param>
    public static X509Certificate2Collection Read(Predicate<string> isWanted, bool everywhere)
    {
        var wanted = new X509Certificate2Collection();
        foreach (var path in Named("SSL_CERT_FILE") is { } named ? [named] : Bundles)
        {
            if (File.Exists(path))
            {
                Pem.Read(path, isWanted, wanted);
                break;
            }
        }

        if (everywhere)
        {
            foreach (var directory in Named("SSL_CERT_DIR")?.Split(':') ?? Directories)
            {
                ReadDirectory(directory, isWanted, wanted);
            }
        }

        return wanted;
    }

    private static void ReadDirectory(string path, Predicate<string> isWanted, X509Certificate2Collection wanted)
    {
        try
        {
            var left = MostFiles;
            foreach (var file in Directory.EnumerateFiles(path))
            {
                if (left-- == 0)
                {
                    break;
                }

                Pem.Read(file, isWanted, wanted);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A directory that is not there holds none.
        }
    }

    private static string? Named(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
}
