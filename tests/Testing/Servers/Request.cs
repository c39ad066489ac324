namespace Prestop.Testing;

/// <summary>An HTTP request as it came. Header names are compared without case; one given twice is joined by a comma and a blank.</summary>
public sealed record Request(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body);
