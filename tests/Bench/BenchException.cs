namespace Bench;

/// <summary>What kept the bench from measuring, in one line.</summary>
internal sealed class BenchException(string message) : Exception(message);
