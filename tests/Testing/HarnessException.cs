namespace Prestop.Testing;

/// <summary>The test cannot go on: something that it needs is missing, or what it waited for did not come.</summary>
public sealed class HarnessException(string message) : Exception(message);
