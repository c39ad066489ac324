using Prestop.Testing;

namespace BlackBox.Tests.Prestop;

/// <summary>Short ways to run the published <c>prestop</c>.</summary>
internal static class InRoot
{
    public const string Busybox = "/bin/busybox";

    /// <summary>An empty root with busybox in it, to be COMMAND.</summary>
    public static EmptyRoot WithBusybox => new() { Files = { [Busybox] = SystemProgram.Busybox } };

    /// <summary>Starts prestop.</summary>
    public static Child Prestop(this Place place, params string[] arguments) => place.Run("prestop", arguments);

    /// <summary>Runs prestop to its end, which must be <paramref name="exitCode"/>.</summary>
    public static async Task<Child> EndsAsync(this Place place, int exitCode, params string[] arguments)
    {
        await using var run = place.Prestop(arguments);
        await run.ExitsWithAsync(exitCode);
        return run;
    }

    /// <summary>Runs any program to its end, which must be success.</summary>
    public static async Task<Child> RunAsync(this Place place, string program, params string[] arguments)
    {
        await using var run = place.Run(program, arguments);
        await run.ExitsWithAsync(0);
        return run;
    }

    /// <inheritdoc cref="EndsAsync(Place, int, string[])"/>
    public static Task<Child> EndsAsync(int exitCode, params string[] arguments) => new EmptyRoot().EndsAsync(exitCode, arguments);
}
