using System.Text;
using Prestop.Core;
using Prestop.Core.Messages;
using Prestop.Linux.Streams;
using Prestop.Options;

namespace Prestop;

/// <summary>What is said outside of a wait.</summary>
internal static class Answer
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
    public static int Refuse(Request.Refusal refusal)
    {
        foreach (var reason in refusal.Reasons)
        {
            Complain(reason);
        }

        if (refusal.ExitCode == ExitCodes.Usage)
        {
            Say("Try 'prestop --help' for more information.");
        }

        return refusal.ExitCode;
    }

    /// <summary>One line on standard error.</summary>
    /// <param name="problem">The value, the limit and the fix.</param>
    public static void Complain(string problem) => Say(OneLine.Of("prestop: " + problem));

    private static void Say(string line) => LogTarget.StandardError.TryWrite(Encoding.UTF8.GetBytes(line + "\n"));
}
