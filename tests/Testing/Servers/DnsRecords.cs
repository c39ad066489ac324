namespace Prestop.Testing;

/// <summary>What a <see cref="ClusterDns"/> knows from the start.</summary>
public sealed class DnsRecords
{
    /// <summary>A and AAAA records. Some thirty addresses of one name no longer fit UDP: the answer is truncated, and whole by TCP.</summary>
    public Dictionary<string, string[]> Addresses { get; init; } = [];

    /// <summary>CNAME records; the target must be a name of <see cref="Addresses"/>.</summary>
    public Dictionary<string, string> Aliases { get; init; } = [];

    /// <summary>Names that exist, with a TXT record and no address.</summary>
    public string[] WithoutAddress { get; init; } = [];

    /// <summary>Domains whose names nobody ever answers for, as behind a dead upstream server.</summary>
    public string[] SilentDomains { get; init; } = [];
}
