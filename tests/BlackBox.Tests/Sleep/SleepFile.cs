using System.Text;
using Prestop.Testing;

namespace BlackBox.Tests.Sleep;

/// <summary>The published file, and the program that it stands in for.</summary>
internal static class SleepFile
{
    public const string Gnu = "/usr/bin/sleep";

    public static string Path { get; } = Repository.Published("sleep");

    /// <summary>Everything that a caller can observe of one run.</summary>
    public sealed record Run(string Output, string Error, ExitStatus Status);

    /// <summary>Runs a file as <c>sleep</c> and waits for its end.</summary>
    public static Run RunAsSleep(string path, byte[][] arguments, string?[]? streams = null, params string[] environment)
    {
        using var child = RawChild.Start(path, [.. arguments.Prepend("sleep"u8.ToArray())], streams, environment);
        return new Run(child.Output, child.Error, child.Wait());
    }

    public static Run RunAsSleep(string path, params string[] arguments) => RunAsSleep(path, Bytes(arguments));

    public static byte[][] Bytes(params string[] arguments) => [.. arguments.Select(Encoding.UTF8.GetBytes)];
}
