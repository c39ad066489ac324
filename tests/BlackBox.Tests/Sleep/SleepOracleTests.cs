using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Prestop.Core;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Sleep;

/// <summary>
/// Generated operands, given to GNU sleep, to out/sleep and to <see cref="Duration"/>: strace shows what the first two ask the kernel for.
/// </summary>
/// <remarks>PRESTOPSLEEP_ORACLE_OPERANDS sets how many (2000), PRESTOPSLEEP_SEED which; the seed is printed.</remarks>
public sealed partial class SleepOracleTests(ITestOutputHelper output)
{
    private const string Same = "the same request";

    /// <summary>All that GNU sleep 9.1 and a duration may differ in, and why.</summary>
    private static string[] Explained { get; } =
    [
        "9.1 rounded to a double, the duration is exact",
        "9.1 underflowed to 0, a positive duration never does",
        "9.1 underflowed to -0, 9.8 refuses that too",
        "a form that GNU has not",
    ];

    private sealed record Request(bool Pauses, TimeSpecArgument? Sleep);

    [Fact]
    public void GNU_sleep_asks_for_the_same_but_for_the_few_differences_that_are_predicted()
    {
        var seed = Setting("PRESTOPSLEEP_SEED") ?? Random.Shared.Next();
        var generator = new OperandGenerator(seed);
        string[] operands = [.. Enumerable.Range(0, Setting("PRESTOPSLEEP_ORACLE_OPERANDS") ?? 2_000).Select(_ => generator.Next())];

        var counts = new Dictionary<string, int>();
        foreach (var batch in operands.Chunk(1_000))
        {
            foreach (var difference in Compare(batch, seed))
            {
                counts[difference] = counts.GetValueOrDefault(difference) + 1;
            }
        }

        output.WriteLine($"{operands.Length} operands, PRESTOPSLEEP_SEED={seed}");
        foreach (var (difference, count) in counts.OrderByDescending(pair => pair.Value))
        {
            output.WriteLine($"{count,8} {difference}");
        }
    }

    private static IEnumerable<string> Compare(string[] operands, int seed)
    {
        var gnu = Ask(SleepFile.Gnu, operands);
        var before = MonotonicNanoseconds;
        var ours = Ask(SleepFile.Path, operands);
        var after = MonotonicNanoseconds;
        for (var i = 0; i < operands.Length; i++)
        {
            var context = $"operand '{operands[i]}' of seed {seed}";
            var isDuration = Duration.TryParse(operands[i], out var duration, out _);
            Assert.True(isDuration == (ours[i].Sleep is not null), $"{context}: out/sleep and Duration disagree");
            if (ours[i].Sleep is { } deadline)
            {
                AssertIsAfter(duration, deadline, before, after, context);
            }

            var predicted = GnuSleep91.Seconds(operands[i]);
            AssertIsPredicted(predicted, gnu[i], context);
            var difference = Explain(operands[i], predicted, isDuration ? duration : null);
            Assert.True(difference is not null, $"{context}: GNU asks for {gnu[i]}, the duration is {(isDuration ? duration : "refused")}");
            yield return difference;
        }
    }

    private static void AssertIsPredicted(double? predicted, Request actual, string context)
    {
        if (predicted is not { } seconds)
        {
            Assert.True(actual is { Pauses: false, Sleep: null }, $"{context}: GNU accepts it and the model does not");
        }
        else if (GnuSleep91.Length(seconds) is { } length)
        {
            var first = length.Seconds > GnuSleep91.LongestRequest ? length with { Seconds = GnuSleep91.LongestRequest } : length;
            Assert.True(!actual.Pauses && actual.Sleep == first, $"{context}: GNU asks for {actual}, the model for {first}");
        }
        else
        {
            Assert.True(actual.Pauses, $"{context}: GNU asks for {actual}, the model for ever");
        }
    }

    private static void AssertIsAfter(Duration duration, TimeSpecArgument deadline, Int128 before, Int128 after, string context)
    {
        if (deadline.Seconds == long.MaxValue)
        {
            Assert.True(Nanoseconds(duration) + after >= (Int128)long.MaxValue * 1_000_000_000, $"{context}: out/sleep waits for ever");
        }
        else
        {
            Assert.True(deadline.InNanoseconds - Nanoseconds(duration) is var start && start >= before && start <= after, $"{context}: out/sleep waits until {deadline}");
        }
    }

    // Why the exact duration is not what the model computes; null when nothing explains it.
    private static string? Explain(string operand, double? predicted, Duration? exact)
    {
        if (predicted is not { } seconds)
        {
            return exact is null ? Same : ExtendedForm().IsMatch(operand) ? Explained[3] : null;
        }

        if (exact is not { } duration)
        {
            return seconds == 0 && operand.Contains('-', StringComparison.Ordinal) && NonZeroDigit().IsMatch(operand) ? Explained[2] : null;
        }

        var length = GnuSleep91.Length(seconds);
        if (length is null ? duration.IsForever : !duration.IsForever && length.Value.InNanoseconds == Nanoseconds(duration))
        {
            return Same;
        }

        if (seconds == 0)
        {
            return Nanoseconds(duration) == 1 ? Explained[1] : null;
        }

        // Two roundings, of the number and of its product with the unit, each by half a unit of 2^-52; then the ceiling.
        var ofGnu = length?.InNanoseconds ?? (Int128)long.MaxValue * 1_000_000_000;
        return Int128.Abs(ofGnu - Nanoseconds(duration)) <= (Nanoseconds(duration) >> 51) + 1 ? Explained[0] : null;
    }

    // One strace over one xargs: starting a strace for each operand would take most of the time.
    private static Request[] Ask(string path, string[] operands)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["operands"], string.Concat(operands.Select(operand => operand + "\0")));
        using var strace = RawChild.Start(
            SystemProgram.Find("strace", "strace"),
            SleepFile.Bytes(
                "strace", "-f", "--seccomp-bpf", "-qq", "-s", "1", "-o", folder["log"], "-e", "trace=execve,clock_nanosleep,pause",
                "-e", "inject=clock_nanosleep,pause:error=EINVAL", "xargs", "-0", "-n", "1", "-a", folder["operands"], path, "--"),
            [null, "/dev/null", "/dev/null"]);
        strace.Wait();

        var requests = new List<Request>();
        foreach (var line in File.ReadLines(folder["log"]))
        {
            if (line.Contains("execve(", StringComparison.Ordinal))
            {
                requests.Add(new(false, null));
            }
            else if (line.Contains("pause(", StringComparison.Ordinal))
            {
                requests[^1] = requests[^1] with { Pauses = true };
            }
            else if (Strace.SleepIn(line) is { } sleep)
            {
                requests[^1] = requests[^1] with { Sleep = sleep };
            }
        }

        Assert.Equal(operands.Length, requests.Count - 1);
        return [.. requests.Skip(1)];
    }

    private static Int128 MonotonicNanoseconds => Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency);

    private static Int128 Nanoseconds(Duration duration) => ((Int128)duration.WholeSeconds * 1_000_000_000) + duration.Nanoseconds;

    private static int? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@"^(?:(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[nuµμm]s|[smhd]))+\z|^P(?=.)(?:[0-9.]+D)?(?:T(?=.)(?:[0-9.]+H)?(?:[0-9.]+M)?(?:[0-9.]+S)?)?\z")]
    private static partial Regex ExtendedForm();

    [GeneratedRegex("^[^eEpP]*[1-9a-fA-F]")]
    private static partial Regex NonZeroDigit();
}
