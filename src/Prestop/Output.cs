using System.Text;
using Prestop.Core;
using Prestop.Core.Messages;
using Prestop.Linux.Streams;
using Prestop.Options;

namespace Prestop;

/// <summary>What is said outside of a wait.</summary>
internal static class Output
{
    /// <summary>Prints what was asked for.</summary>
    /// <param name="text">The text, its line ends included.</param>
    /// <returns>The exit code: 125 when standard output takes no more, as GNU <c>timeout</c> has it.</returns>
    public static int Print(string text)
    {
        if (StandardOutput.TryWrite(text))
        {
            return ExitCodes.Done;
        }

        Complain("standard output cannot be written");
        return ExitCodes.Broken;
    }

    /// <summary>Says why nothing was done.</summary>
    /// <param name="refusal">The reasons.</param>
    /// <returns>The exit code.</returns>
    public static int Refuse(Invocation.Refusal refusal)
    {
        foreach (var reason in refusal.Reasons)
        {
            Complain(reason, refusal.ToFirstProcess);
        }

        if (refusal.ExitCode == ExitCodes.Usage)
        {
            Say("Try 'prestop --help' for more information.", refusal.ToFirstProcess);
        }

        return refusal.ExitCode;
    }

    /// <summary>One line on standard error.</summary>
    /// <param name="problem">The value, the limit and the fix.</param>
    /// <param name="toFirstProcess">Whether the container's log gets it too, where it can be written.</param>
    public static void Complain(string problem, bool toFirstProcess = false) => Say(OneLine.Of("prestop: " + problem), toFirstProcess);

    private static void Say(string line, bool toFirstProcess)
    {
        var bytes = Encoding.UTF8.GetBytes(line + "\n");
        LogTarget.StandardError.TryWrite(bytes);
        if (toFirstProcess && LogTarget.OpenFirstProcess(out var isOwn, out _) is { } first && !isOwn)
        {
            first.TryWrite(bytes);
        }
    }
}
