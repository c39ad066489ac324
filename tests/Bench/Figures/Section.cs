namespace Bench.Figures;

/// <summary>One part of the bench: its table and what was to be reached.</summary>
internal sealed record Section(Table Table, IReadOnlyList<Goal> Goals);
