using System.Text;
using Prestop.Linux.Files;

namespace Prestopd.Controller.Certificates;

/// <summary>A certificate that somebody else keeps in a folder, such as cert-manager in a Secret that is mounted. Who trusts it is their business too.</summary>
/// <param name="folder">The folder, with <c>tls.crt</c> and <c>tls.key</c>.</param>
internal sealed class CertificateFolder(string folder) : ICertificateSource
{
    private const int LongestFile = 1024 * 1024;

    /// <inheritdoc/>
    public string? Host => null;

    /// <inheritdoc/>
    public Task<(ServingMaterial? Material, string Problem)> FindAsync(CancellationToken cancellation) => Task.FromResult(
        Read("tls.crt", out var problem) is { } chain && Read("tls.key", out problem) is { } key
            ? (new ServingMaterial(chain, key, ""), "")
            : ((ServingMaterial?)null, problem));

    /// <inheritdoc/>
    public Task<(bool WasTrusted, string Problem)> TrustAsync(ServingMaterial material, CancellationToken cancellation) => Task.FromResult((true, ""));

    private string? Read(string name, out string problem)
    {
        var text = "";
        var path = Path.Join(folder, name);
        var failure = SmallFile.Read(path, LongestFile, file =>
        {
            using var reader = new StreamReader(file, Encoding.UTF8);
            text = reader.ReadToEnd();
        });
        problem = failure is null ? "" : $"{path}: {failure}";
        return failure is null ? text : null;
    }
}
