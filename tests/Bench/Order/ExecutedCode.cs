using System.Globalization;
using Bench.Processes;
using Prestop.Testing;

namespace Bench.Order;

/// <summary>Which instructions a program executes, all its threads together.</summary>
internal static class ExecutedCode
{
    /// <summary>Runs <paramref name="command"/> under valgrind's callgrind to its end, which must be exit 0, and returns the addresses.</summary>
    public static HashSet<ulong> Of(Command command, TemporaryFolder folder)
    {
        var profile = folder["callgrind"];
        new Command(
            SystemProgram.Find("valgrind", "valgrind"),
            ["-q", "--tool=callgrind", "--dump-instr=yes", "--compress-pos=no", $"--callgrind-out-file={profile}", .. command.Words]).Run();
        return
        [
            .. from line in File.ReadLines(profile)
               where line.StartsWith("0x", StringComparison.Ordinal)
               select ulong.Parse(line.AsSpan(2, line.IndexOf(' ', StringComparison.Ordinal) - 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
        ];
    }
}
