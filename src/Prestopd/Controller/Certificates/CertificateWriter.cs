using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Prestopd.Controller.Certificates;

/// <summary>
/// Writes the two kinds of certificates that the controller makes (RFC 5280). CertificateRequest would write them too, with all that it knows of other keys and extensions.
/// </summary>
internal static class CertificateWriter
{
    private const string CommonName = "2.5.4.3";
    private const string EcdsaWithSha256 = "1.2.840.10045.4.3.2";
    private const string SubjectKeyIdentifier = "2.5.29.14";
    private const string KeyUsage = "2.5.29.15";
    private const string AlternativeNames = "2.5.29.17";
    private const string BasicConstraints = "2.5.29.19";
    private const string AuthorityKeyIdentifier = "2.5.29.35";
    private const string ExtendedKeyUsage = "2.5.29.37";
    private const string ForServers = "1.3.6.1.5.5.7.3.1";

    // Bits 0 and 5 of a bit string whose first bit is the highest.
    private const byte DigitalSignature = 0x80;
    private const byte CertificateSigning = 0x04;

    /// <summary>An authority that signs certificates of servers and no other authority, signed by itself.</summary>
    /// <param name="name">Its common name.</param>
    /// <param name="key">Its key.</param>
    /// <param name="from">Since when it is valid.</param>
    /// <param name="to">Until when.</param>
    /// <returns>The certificate in DER.</returns>
    public static byte[] Authority(string name, ECDsa key, DateTimeOffset from, DateTimeOffset to) => Sign(key, writer =>
    {
        Fields(writer, name, name, key, from, to);
        using (writer.PushSequence(Context(3)))
        using (writer.PushSequence())
        {
            Extension(writer, BasicConstraints, isCritical: true, value =>
            {
                using (value.PushSequence())
                {
                    value.WriteBoolean(true);
                    value.WriteInteger(0);
                }
            });
            Extension(writer, KeyUsage, isCritical: true, value => value.WriteBitString([CertificateSigning], unusedBitCount: 2));
            Extension(writer, SubjectKeyIdentifier, isCritical: false, value => value.WriteOctetString(IdentifierOf(key)));
        }
    });

    /// <summary>A certificate of a server.</summary>
    /// <param name="host">The DNS name that it is for.</param>
    /// <param name="key">Its key.</param>
    /// <param name="authority">The common name of the authority.</param>
    /// <param name="authorityKey">The authority's key, which signs it.</param>
    /// <param name="from">Since when it is valid.</param>
    /// <param name="to">Until when.</param>
    /// <returns>The certificate in DER.</returns>
    public static byte[] Server(string host, ECDsa key, string authority, ECDsa authorityKey, DateTimeOffset from, DateTimeOffset to) => Sign(authorityKey, writer =>
    {
        Fields(writer, authority, "prestopd controller", key, from, to);
        using (writer.PushSequence(Context(3)))
        using (writer.PushSequence())
        {
            Extension(writer, BasicConstraints, isCritical: true, value => value.PushSequence().Dispose());
            Extension(writer, KeyUsage, isCritical: true, value => value.WriteBitString([DigitalSignature], unusedBitCount: 7));
            Extension(writer, ExtendedKeyUsage, isCritical: false, value =>
            {
                using (value.PushSequence())
                {
                    value.WriteObjectIdentifier(ForServers);
                }
            });
            Extension(writer, AlternativeNames, isCritical: false, value =>
            {
                using (value.PushSequence())
                {
                    value.WriteCharacterString(UniversalTagNumber.IA5String, host, Context(2));
                }
            });
            Extension(writer, AuthorityKeyIdentifier, isCritical: false, value =>
            {
                using (value.PushSequence())
                {
                    value.WriteOctetString(IdentifierOf(authorityKey), Context(0));
                }
            });
        }
    });

    /// <summary>TBSCertificate and its signature.</summary>
    private static byte[] Sign(ECDsa key, Action<AsnWriter> write)
    {
        var content = new AsnWriter(AsnEncodingRules.DER);
        using (content.PushSequence())
        {
            write(content);
        }

        var signed = content.Encode();
        var certificate = new AsnWriter(AsnEncodingRules.DER);
        using (certificate.PushSequence())
        {
            certificate.WriteEncodedValue(signed);
            Algorithm(certificate);
            certificate.WriteBitString(key.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        }

        return certificate.Encode();
    }

    private static void Fields(AsnWriter writer, string issuer, string subject, ECDsa key, DateTimeOffset from, DateTimeOffset to)
    {
        using (writer.PushSequence(Context(0)))
        {
            writer.WriteInteger(2);
        }

        // Positive, and not shortened by a leading zero.
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40);
        writer.WriteInteger(serial);
        Algorithm(writer);
        Name(writer, issuer);
        using (writer.PushSequence())
        {
            writer.WriteUtcTime(from);
            writer.WriteUtcTime(to);
        }

        Name(writer, subject);
        writer.WriteEncodedValue(key.ExportSubjectPublicKeyInfo());
    }

    private static void Algorithm(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(EcdsaWithSha256);
        }
    }

    private static void Name(AsnWriter writer, string name)
    {
        using (writer.PushSequence())
        using (writer.PushSetOf())
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(CommonName);
            writer.WriteCharacterString(UniversalTagNumber.UTF8String, name);
        }
    }

    private static void Extension(AsnWriter writer, string identifier, bool isCritical, Action<AsnWriter> write)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(identifier);
            if (isCritical)
            {
                writer.WriteBoolean(true);
            }

            using (writer.PushOctetString())
            {
                write(writer);
            }
        }
    }

    /// <summary>The first method of RFC 7093: 160 bits of the public key's SHA-256.</summary>
    private static byte[] IdentifierOf(ECDsa key) => SHA256.HashData(key.ExportSubjectPublicKeyInfo())[..20];

    private static Asn1Tag Context(int number) => new(TagClass.ContextSpecific, number);
}
