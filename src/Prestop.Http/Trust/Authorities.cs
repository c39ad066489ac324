using System.Security.Cryptography.X509Certificates;

namespace Prestop.Http.Trust;

/// <summary>The certificates that a client trusts: authorities, or servers' own. They are read only when a server has shown its chain.</summary>
public sealed class Authorities
{
    private readonly Func<Predicate<string>, bool, X509Certificate2Collection> _read;

    /// <summary>Certificates that a function reads.</summary>
    /// <param name="read">Reads those whose subjects the predicate picks; with true, also from the places where certificates seldom are.</param>
    internal Authorities(Func<Predicate<string>, bool, X509Certificate2Collection> read) => _read = read;

    /// <summary>
    /// Those that the image trusts: in the file that SSL_CERT_FILE names, else in the first bundle where distributions keep theirs; and in
    /// the files of SSL_CERT_DIR's directories, else of the usual ones. So does Go's crypto/x509; OpenSSL would look only where the distribution
    /// that it was built on has them. None when the image has none: then nobody is trusted.
    /// </summary>
    public static Authorities OfImage { get; } = new(ImageAuthorities.Read);

    /// <summary>Those that are given, and no others.</summary>
    /// <param name="certificates">The certificates.</param>
    public static Authorities Of(X509Certificate2Collection certificates) => new((_, _) => certificates);

    /// <summary>Those of a PEM file, and no others.</summary>
    /// <param name="path">The file.</param>
    /// <param name="problem">Null, or why it cannot be used, with the fix.</param>
    public static Authorities InFile(string path, out string? problem)
    {
        problem = Pem.Read(path, _ => false, []);
        return new((isWanted, _) =>
        {
            var wanted = new X509Certificate2Collection();
            Pem.Read(path, isWanted, wanted);
            return wanted;
        });
    }

    /// <summary>
    /// The certificates that a chain may lead to, directly or through others of them. Only these are loaded: a distribution's 150 would take 1 MB.
    /// They are found by name; signatures are not checked here.
    /// </summary>
    /// <param name="chain">The certificates that a server showed, as far as they hang together.</param>
    /// <param name="everywhere">Whether to look where they are seldom, too: reading that takes longer.</param>
    internal X509Certificate2Collection FindFor(X509Chain chain, bool everywhere)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var element in chain.ChainElements)
        {
            names.Add(element.Certificate.Subject);
            names.Add(element.Certificate.Issuer);
        }

        while (true)
        {
            var known = names.Count;
            var authorities = _read(names.Contains, everywhere);
            foreach (var authority in authorities)
            {
                names.Add(authority.Issuer);
            }

            if (names.Count == known)
            {
                return authorities;
            }
        }
    }
}
