using Prestop.Conditions;
using Prestop.Core;
using Prestop.Core.Plans;
using Prestop.Core.Waiting;

namespace Prestop.Options;

/// <summary>Reads a step: a duration, or a URL whose scheme says what is waited for, perhaps with <c>gone:</c> before it.</summary>
internal static class StepReader
{
    private const string Gone = "gone:";
    private const string Mask = "***";

    /// <summary>Reads a step.</summary>
    /// <param name="text">The step as the user wrote it, references replaced.</param>
    /// <param name="settings">What conditions need to know.</param>
    /// <param name="problems">Where a problem is added when the step cannot be used.</param>
    public static Step? Read(string text, ConditionSettings settings, List<string> problems)
    {
        var gone = text.StartsWith(Gone, StringComparison.Ordinal);
        var target = gone ? text[Gone.Length..] : text;
        var colon = target.IndexOf("://", StringComparison.Ordinal);
        if (colon < 0)
        {
            return gone ? Refuse($"'{text}': 'gone:' needs a URL behind it; write gone:{Schemes.All[0].Syntax}") : ReadPause();
        }

        if (!Schemes.TryFind(target.AsSpan(0, colon), out var scheme))
        {
            return Refuse($"'{text}': unknown scheme; use one of {string.Join(", ", Schemes.All.Select(known => known.Name))}");
        }

        if (target.Contains('@', StringComparison.Ordinal) && !scheme.TakesAtSign)
        {
            // What the scheme would say of it could hold a password in pieces.
            return Refuse($"'{text}': no user name and no password can be given; write {scheme.Syntax}");
        }

        return scheme.Parse(target, settings, out var problem) is { } condition
            ? new ConditionStep(Shown(text), gone ? new GoneCondition(condition) : condition)
            : Refuse(problem);

        Step? ReadPause()
        {
            if (Duration.TryParse(text, out var length, out var hint))
            {
                return new PauseStep(text, length.ToTimeSpan());
            }

            return Refuse($"'{text}': not a duration; {HintFor(text) ?? hint}");
        }

        Step? Refuse(string problem)
        {
            problems.Add(target.Length == 0 ? problem : problem.Replace(target, ShownRefused(target), StringComparison.Ordinal));
            return null;
        }
    }

    /// <summary>What a word that begins as no duration does may have been meant as.</summary>
    private static string? HintFor(string text) => text switch
    {
        ['/' or '.', ..] => "a file is file:///PATH, and a command stands behind '--'",
        [var first, ..] when !char.IsAsciiLetter(first) && first is not '[' => null,
        _ when text.AsSpan().ContainsAny(":/.[") => "a URL begins with its scheme, such as http://, tcp:// or dns://, and a command stands behind '--'",
        _ when text.All(symbol => char.IsAsciiLetter(symbol) || symbol is '-' or '_') && !text.StartsWith("nan", StringComparison.OrdinalIgnoreCase) =>
            "write 30s, 500ms or 1m30s, and a command behind '--'",
        _ => null,
    };

    /// <summary>A step without the user name, password, query and fragment of its URL: they are for the server only, or not even for it.</summary>
    private static string Shown(string text)
    {
        var start = AfterScheme(text);
        var end = text.AsSpan(start).IndexOfAny('/', '?', '#');
        return Masked(text, start, (end < 0 ? text : text[..(start + end)]).LastIndexOf('@'));
    }

    /// <summary>
    /// The same of a step that cannot be used. Where its parts end is not known: a password that should have been escaped may
    /// hold a slash, and the scheme may be missing or stand in the wrong place.
    /// </summary>
    /// <param name="text">Any text.</param>
    public static string ShownRefused(string text)
    {
        var start = AfterScheme(text);
        return Masked(text, text.AsSpan(0, start).Contains('@') ? 0 : start, text.LastIndexOf('@'));
    }

    private static int AfterScheme(string text) =>
        text.IndexOf("://", StringComparison.Ordinal) is >= 0 and var colon ? colon + "://".Length : 0;

    private static string Masked(string text, int start, int at)
    {
        var rest = text.AsSpan(Math.Max(start, at));
        var end = rest.IndexOfAny('?', '#');
        return $"{text.AsSpan(0, start)}{(at <= start ? "" : Mask)}{(end < 0 ? rest : rest[..(end + 1)])}{(end < 0 ? "" : Mask)}";
    }
}
