namespace Prestop.Testing;

/// <summary>How a program ended: by its own <see cref="Code"/>, or killed by <see cref="Signal"/>; never both.</summary>
/// <remarks>
/// In an <see cref="EmptyRoot"/> a death by signal n arrives as code 128+n: bubblewrap reports it so, as runc does to the kubelet.
/// </remarks>
public readonly record struct ExitStatus(int? Code, int? Signal)
{
    public static ExitStatus With(int code) => new(code, null);

    public static ExitStatus KilledBy(int signal) => new(null, signal);

    public override string ToString() => Signal is { } signal ? $"killed by signal {signal}" : $"exit code {Code}";
}
