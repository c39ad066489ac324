namespace Prestopd.Controller.Certificates;

/// <summary>Where the server's certificate comes from.</summary>
internal interface ICertificateSource
{
    /// <summary>Looks for it.</summary>
    /// <param name="cancellation">Ends the look.</param>
    /// <returns>What there is; else null and why not.</returns>
    Task<(ServingMaterial? Material, string Problem)> FindAsync(CancellationToken cancellation);

    /// <summary>Makes sure that the API server trusts it.</summary>
    /// <param name="material">What there is.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>Whether that was so already, and why it cannot be made so; empty when it is so now.</returns>
    Task<(bool WasTrusted, string Problem)> TrustAsync(ServingMaterial material, CancellationToken cancellation);

    /// <summary>The host name that the API server looks for in the certificate; null where that is somebody else's business.</summary>
    string? Host { get; }
}
