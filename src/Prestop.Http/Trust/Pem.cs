using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Prestop.Linux.Files;

namespace Prestop.Http.Trust;

/// <summary>Certificates in PEM (RFC 7468), as bundles and <c>--cacert</c> have them; what is between them is passed over.</summary>
public static class Pem
{
    /// <summary>The largest file that is read, in bytes: forty times the bundle of a Linux distribution.</summary>
    private const int MaxFileBytes = 8 * 1024 * 1024;

    private const int ReadingSize = 4096;
    private const string Begin = "-----BEGIN CERTIFICATE-----";
    private const string End = "-----END CERTIFICATE-----";

    static Pem() => TlsRuntime.KeepToItself();

    /// <summary>Reads the certificates of a text.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The certificates, or null when there is none or one is damaged.</returns>
    public static X509Certificate2Collection? CertificatesIn(string text)
    {
        var found = new X509Certificate2Collection();
        using var lines = new StringReader(text);
        return Import(lines, _ => true, found) is null ? found : null;
    }

    /// <summary>
    /// Reads some of the certificates of a file. One is held at a time, and OpenSSL sees the wanted ones alone: as one text, and parsed, the
    /// bundle of a distribution would be most of the memory and of the time that a wait takes.
    /// </summary>
    /// <param name="path">A file.</param>
    /// <param name="isWanted">Tells by their subjects which to keep.</param>
    /// <param name="wanted">Where they are added.</param>
    /// <returns>Null, or what is wrong with the file, with the fix; its other certificates are added all the same.</returns>
    internal static string? Read(string path, Predicate<string> isWanted, X509Certificate2Collection wanted)
    {
        string? problem = null;
        problem = SmallFile.Read(path, MaxFileBytes, Import) ?? problem;
        return problem is null ? null : problem + "; give a PEM file of certificate authorities";

        void Import(Stream file)
        {
            using var lines = new StreamReader(file, Encoding.UTF8, detectEncodingFromByteOrderMarks: true, ReadingSize);
            problem = Pem.Import(lines, isWanted, wanted);
        }
    }

    private static string? Import(TextReader lines, Predicate<string> isWanted, X509Certificate2Collection wanted)
    {
        StringBuilder? text = null;
        var problem = "holds no certificate";
        var isDamaged = false;
        while (lines.ReadLine() is { } line)
        {
            if (line.StartsWith(Begin, StringComparison.Ordinal))
            {
                text = new StringBuilder();
            }
            else if (line.StartsWith(End, StringComparison.Ordinal) && text is not null)
            {
                problem = null;
                isDamaged |= !TryAdd(text.ToString(), isWanted, wanted);
                text = null;
            }
            else
            {
                text?.Append(line);
            }
        }

        return isDamaged || text is not null ? "a certificate in it is damaged" : problem;
    }

    private static bool TryAdd(string base64, Predicate<string> isWanted, X509Certificate2Collection wanted)
    {
        try
        {
            var certificate = Convert.FromBase64String(base64);
            if (isWanted(SubjectOf(certificate)))
            {
                wanted.Add(X509CertificateLoader.LoadCertificate(certificate));
            }

            return true;
        }
        catch (Exception damage) when (damage is FormatException or AsnContentException or CryptographicException)
        {
            return false;
        }
    }

    /// <summary>The sixth or fifth part of a TBSCertificate (RFC 5280 section 4.1): its version may be missing.</summary>
    private static string SubjectOf(ReadOnlyMemory<byte> certificate)
    {
        var parts = new AsnReader(certificate, AsnEncodingRules.BER).ReadSequence().ReadSequence();
        if (parts.PeekTag().TagClass is TagClass.ContextSpecific)
        {
            parts.ReadEncodedValue();
        }

        const int partsBeforeSubject = 4;
        for (var i = 0; i < partsBeforeSubject; i++)
        {
            parts.ReadEncodedValue();
        }

        return new X500DistinguishedName(parts.ReadEncodedValue().Span).Name;
    }
}
