namespace Prestop.Http.Trust;

/// <summary>A TLS handshake that trying again cannot mend: the server is not trusted, or wants a certificate of its client.</summary>
/// <param name="reason">Why, as the end of a line.</param>
public sealed class TlsRefusedException(string reason) : IOException(reason)
{
    /// <summary>Whether all that is wrong is that the chain leads to no trusted certificate.</summary>
    public bool IsAuthorityUnknown { get; init; }

    /// <summary>Finds the refusal that made a handshake fail.</summary>
    /// <param name="failure">What was thrown.</param>
    /// <returns>The refusal, or null when the handshake failed otherwise.</returns>
    public static TlsRefusedException? In(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is TlsRefusedException refusal)
            {
                return refusal;
            }
        }

        return null;
    }
}
