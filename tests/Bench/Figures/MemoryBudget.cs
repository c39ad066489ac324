namespace Bench.Figures;

/// <summary>The most memory that <c>prestop</c> may ever hold, in bytes; the README says so.</summary>
internal static class MemoryBudget
{
    public const long Plain = 7_000_000, Tls = 11_000_000;
}
