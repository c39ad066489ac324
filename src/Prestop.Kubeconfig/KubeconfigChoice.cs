namespace Prestop.Kubeconfig;

/// <summary>Which kubeconfig is meant.</summary>
public sealed record KubeconfigChoice
{
    /// <summary>The only file to read, which must be there (<c>--kubeconfig</c>); null for those of <c>KUBECONFIG</c>, or else <c>~/.kube/config</c>.</summary>
    public string? File { get; init; }

    /// <summary>The context; null for the current one.</summary>
    public string? Context { get; init; }

    /// <summary>Looks an environment variable up.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>The clock, for the age of tokens.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The <c>User-Agent</c> of the requests.</summary>
    public string UserAgent { get; init; } = "prestopd";
}
