using System.CommandLine;
using Prestop.Core;
using Prestopd.Hosting;

namespace Prestopd.Sidecar;

/// <summary>The command line of <c>prestopd sidecar</c>.</summary>
internal static class SidecarCommand
{
    /// <summary>The command, with one option for each setting.</summary>
    /// <param name="variable">Reads an environment variable.</param>
    /// <param name="signals">What ends it.</param>
    public static Command Create(Func<string, string?> variable, ShutdownSignals signals)
    {
        var command = new Command(
            SidecarNames.Command,
            "Answers a pod's health checks, fails them when the pod is to go, and lets /waitz return once they have stopped.");
        var options = SidecarNames.Settings.ToDictionary(setting => setting, OptionFor);
        foreach (var option in options.Values)
        {
            command.Options.Add(option);
        }

        command.SetAction((arguments, _) => RunAsync(setting => arguments.GetValue(options[setting]), variable, signals));
        return command;
    }

    private static Option<string?> OptionFor(Setting setting) => new(setting.Flag)
    {
        HelpName = setting.Form,
        Description = $"{setting.Meaning} [{setting.Variable}{(setting.Default.Length > 0 ? $"; default {setting.Default}" : "")}]",
    };

    private static async Task<int> RunAsync(Func<Setting, string?> flag, Func<string, string?> variable, ShutdownSignals signals)
    {
        var options = new SidecarOptionsReader(flag, variable).Read(out var problems);
        if (options is not null)
        {
            return await SidecarRun.RunAsync(options, Console.OpenStandardError(), signals, TimeProvider.System);
        }

        foreach (var problem in problems)
        {
            await Console.Error.WriteLineAsync($"prestopd sidecar: {problem}");
        }

        return ExitCodes.Usage;
    }
}
