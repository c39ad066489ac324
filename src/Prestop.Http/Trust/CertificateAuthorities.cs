using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Prestop.Http.Trust;

/// <summary>A PEM file of certificate authorities, as <c>--cacert</c> names it.</summary>
public static class CertificateAuthorities
{
    /// <summary>The largest file that is read, in bytes: forty times the bundle of a Linux distribution.</summary>
    public const int MaxFileBytes = 8 * 1024 * 1024;

    private const int ReadingSize = 4096;

    static CertificateAuthorities() => OpenSslConfiguration.Ignore();

    /// <summary>Reads the certificates of a file.</summary>
    /// <param name="path">A PEM file; what is in it beside certificates is passed over.</param>
    /// <param name="problem">Why there are none: the limit and the fix.</param>
    /// <returns>The certificates, one or more; null when there are none.</returns>
    public static X509Certificate2Collection? Read(string path, out string problem) => Read(path, _ => true, out problem);

    /// <summary>Reads some of the certificates of a file; one is held at a time.</summary>
    /// <param name="path">A PEM file; what is in it beside certificates is passed over.</param>
    /// <param name="isWanted">Tells the certificates to keep.</param>
    /// <param name="problem">Why the file has none: the limit and the fix.</param>
    /// <returns>The wanted ones, perhaps none; null when the file has none at all.</returns>
    internal static X509Certificate2Collection? Read(string path, Predicate<X509Certificate2> isWanted, out string problem)
    {
        var authorities = new X509Certificate2Collection();
        bool isEmpty;
        try
        {
            if (path.Length == 0 || Directory.Exists(path))
            {
                problem = "not a file; give a PEM file of certificate authorities";
                return null;
            }

            // Pipes and devices have no length; opening or reading one could take for ever. A link has one of its own.
            if (((FileInfo?)File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path)).Length is 0 or > MaxFileBytes)
            {
                problem = $"not a file of 1 to {MaxFileBytes} bytes; give a PEM file of certificate authorities";
                return null;
            }

            isEmpty = !Import(path, isWanted, authorities);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            problem = "no such file; give a PEM file of certificate authorities";
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            problem = "cannot be read; give a PEM file that this user may read";
            return null;
        }
        catch (CryptographicException)
        {
            problem = "a certificate in it is damaged; give a PEM file of certificate authorities";
            return null;
        }

        problem = isEmpty ? "holds no certificate; give a PEM file of certificate authorities" : "";
        return isEmpty ? null : authorities;
    }

    /// <summary>Block by block: the bundle of a distribution, as one text, would be most of the memory that a wait takes.</summary>
    /// <returns>False when there is no certificate in the file.</returns>
    private static bool Import(string path, Predicate<X509Certificate2> isWanted, X509Certificate2Collection authorities)
    {
        using var file = new StreamReader(path, Encoding.UTF8, detectEncodingFromByteOrderMarks: true, ReadingSize);
        var block = new StringBuilder();
        var any = false;
        while (file.ReadLine() is { } line)
        {
            block.Append(line).Append('\n');
            if (line.StartsWith("-----END ", StringComparison.Ordinal))
            {
                ImportBlock();
            }
        }

        ImportBlock();
        return any;

        void ImportBlock()
        {
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPem(block.ToString());
            block.Clear();
            foreach (var certificate in certificates)
            {
                any = true;
                if (isWanted(certificate))
                {
                    authorities.Add(certificate);
                }
                else
                {
                    certificate.Dispose();
                }
            }
        }
    }
}
