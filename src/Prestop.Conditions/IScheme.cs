using Prestop.Core.Waiting;

namespace Prestop.Conditions;

/// <summary>A kind of target that can be waited on, recognised by what stands before <c>://</c>.</summary>
public interface IScheme
{
    /// <summary>The scheme's name in lower case, without <c>://</c>.</summary>
    string Name { get; }

    /// <summary>How a step of this scheme is written, for help and usage errors: <c>tcp://HOST:PORT</c>.</summary>
    string Syntax { get; }

    /// <summary>When such a step is done, as the end of a sentence: <c>it accepts a connection</c>.</summary>
    string DoneWhen { get; }

    /// <summary>Whether an at sign can be part of such a step: behind a user name and a password, or in a path.</summary>
    bool TakesAtSign => false;

    /// <summary>Reads a step. Nothing is opened, resolved or connected yet.</summary>
    /// <param name="text">The whole step as the user wrote it, the scheme included, <c>gone:</c> not.</param>
    /// <param name="settings">The options that conditions use.</param>
    /// <param name="problem">When the step cannot be used: the value, the limit and the fix, in one line without a prefix.</param>
    /// <returns>The condition, or null when there is a problem.</returns>
    ICondition? Parse(string text, ConditionSettings settings, out string problem);
}
