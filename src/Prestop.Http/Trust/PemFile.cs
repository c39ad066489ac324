using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Prestop.Linux.Files;

namespace Prestop.Http.Trust;

/// <summary>A PEM file of certificates, as <c>--cacert</c> names it.</summary>
internal static class PemFile
{
    /// <summary>The largest file that is read, in bytes: forty times the bundle of a Linux distribution.</summary>
    private const int MaxFileBytes = 8 * 1024 * 1024;
    private const int ReadingSize = 4096;
    private const string Begin = "-----BEGIN CERTIFICATE-----";
    private const string End = "-----END CERTIFICATE-----";

    /// <summary>
    /// Reads some of the certificates of a file; what is in it beside certificates is passed over. One is held at a time, and OpenSSL sees the
    /// wanted ones alone: as one text, and parsed, the bundle of a distribution would be most of the memory and of the time that a wait takes.
    /// </summary>
    /// <param name="path">A file.</param>
    /// <param name="isWanted">Tells by their subjects which to keep.</param>
    /// <param name="wanted">Where they are added.</param>
    /// <returns>Null, or what is wrong with the file, with the fix; its other certificates are added all the same.</returns>
    public static string? Read(string path, Predicate<string> isWanted, X509Certificate2Collection wanted)
    {
        string? problem = null;
        problem = SmallFile.Read(path, MaxFileBytes, file => problem = Import(file, isWanted, wanted)) ?? problem;
        return problem is null ? null : problem + "; give a PEM file of certificate authorities";
    }

    private static string? Import(Stream file, Predicate<string> isWanted, X509Certificate2Collection wanted)
    {
        using var lines = new StreamReader(file, Encoding.UTF8, detectEncodingFromByteOrderMarks: true, ReadingSize);
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
