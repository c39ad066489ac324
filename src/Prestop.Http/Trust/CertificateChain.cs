using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Prestop.Http.Trust;

/// <summary>Judges the chain from a server's certificate to one that is trusted.</summary>
internal static class CertificateChain
{
    private const X509ChainStatusFlags BadNames = X509ChainStatusFlags.InvalidNameConstraints | X509ChainStatusFlags.HasNotSupportedNameConstraint
        | X509ChainStatusFlags.HasNotDefinedNameConstraint | X509ChainStatusFlags.HasNotPermittedNameConstraint | X509ChainStatusFlags.HasExcludedNameConstraint;

    // Another authority of the same name shows by a signature that is not its own.
    private const X509ChainStatusFlags UnknownAuthority = X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.NotSignatureValid;

    /// <summary>
    /// Says why a server is not trusted. To be trusted, its chain must lead to a trusted certificate, which need not sign itself and may be the
    /// server's own, as with curl (X509_V_FLAG_PARTIAL_CHAIN); and no key and no signature on the way may be weaker than OpenSSL's security level 2
    /// allows, the level of Debian, Ubuntu and Fedora (SSL_CTX_set_security_level(3)).
    /// </summary>
    /// <param name="chain">The chain, built.</param>
    /// <param name="trusted">Who is trusted.</param>
    /// <returns>Null when the server is trusted.</returns>
    public static TlsRefusedException? Distrust(X509Chain chain, X509Certificate2Collection trusted)
    {
        var flags = X509ChainStatusFlags.NoError;
        foreach (var status in chain.ChainStatus)
        {
            flags |= status.Status;
        }

        var isWeak = false;
        var isAnchored = false;
        foreach (var element in chain.ChainElements)
        {
            var certificate = element.Certificate;
            isAnchored = Contains(trusted, certificate);
            isWeak |= HasShortKey(certificate) || (!isAnchored && HasWeakSignature(certificate));
            if (!IsValid(certificate, chain.ChainPolicy.VerificationTime))
            {
                // OpenSSL does not check the time of the last certificate where the chain ends without a self-signed one.
                flags |= X509ChainStatusFlags.NotTimeValid;
            }

            if (isAnchored)
            {
                flags &= ~(X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot);
                break;
            }
        }

        return (flags & X509ChainStatusFlags.NotTimeValid) != 0 ? new("the server's certificate has expired or is not yet valid")
            : (flags & X509ChainStatusFlags.NotValidForUsage) != 0 ? new("the server's certificate is not one for servers")
            : (flags & BadNames) != 0 ? new("the server's certificate has a name for which its authority may not sign")
            : (flags & UnknownAuthority) != 0 || !isAnchored ? new("the server's certificate is not signed by a trusted authority") { IsAuthorityUnknown = true }
            : flags != X509ChainStatusFlags.NoError ? new("the server's certificate is not valid")
            : isWeak ? new("the server's certificate is too weak: an RSA key below 2048 bits, or a signature with SHA-1 or MD5")
            : null;
    }

    private static bool IsValid(X509Certificate2 certificate, DateTime now) => certificate.NotBefore <= now && now <= certificate.NotAfter;

    private static bool Contains(X509Certificate2Collection certificates, X509Certificate2 certificate)
    {
        foreach (var other in certificates)
        {
            if (other.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasShortKey(X509Certificate2 certificate)
    {
        // The modulus is the first number of an RSAPublicKey (RFC 8017, A.1.1), with a zero before its highest bit.
        const int modulusOf2048Bits = 257;
        return certificate.GetKeyAlgorithm() is "1.2.840.113549.1.1.1"
            && new AsnReader(certificate.GetPublicKey(), AsnEncodingRules.BER).ReadSequence().ReadIntegerBytes().Length < modulusOf2048Bits;
    }

    /// <summary>With MD2, MD5 or SHA-1, by RSA, DSA or ECDSA.</summary>
    private static bool HasWeakSignature(X509Certificate2 certificate) => certificate.SignatureAlgorithm.Value
        is "1.2.840.113549.1.1.2" or "1.2.840.113549.1.1.4" or "1.2.840.113549.1.1.5" or "1.2.840.10040.4.3" or "1.2.840.10045.4.1";
}
