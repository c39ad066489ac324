using System.Buffers.Binary;
using Xunit;

namespace Architecture.Tests;

/// <summary>The published files against the budgets of the README.</summary>
public class BudgetTests
{
    public static TheoryData<string, long> Programs => new()
    {
        { "sleep", 16_384 },
        { "prestop", 10_000_000 },
        { "prestopd", 22_000_000 },
    };

    [Theory]
    [MemberData(nameof(Programs))]
    public void A_program_fits_its_budget_and_the_budget_fits_the_program(string program, long budget)
    {
        // A file far below its budget means that something which should be inside has been lost.
        Assert.InRange(new FileInfo(House.PathTo("out", program)).Length, budget / 3, budget);
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void The_readme_states_the_budget(string program, long budget) =>
        Assert.Matches($@"\| `{program}` \|.*\| {budget:N0} bytes \|", House.Read("README.md"));

    [Theory]
    [InlineData("sleep")]
    [InlineData("prestop")]
    [InlineData("prestopd")]
    public void A_program_is_static(string program)
    {
        const int Interpreter = 3; // PT_INTERP in elf(5): only a dynamic program names a loader.

        Assert.DoesNotContain(Interpreter, SegmentTypes(File.ReadAllBytes(House.PathTo("out", program))));
    }

    private static IEnumerable<int> SegmentTypes(byte[] elf)
    {
        var table = BinaryPrimitives.ReadInt64LittleEndian(elf.AsSpan(32));
        int size = BinaryPrimitives.ReadInt16LittleEndian(elf.AsSpan(54));
        int count = BinaryPrimitives.ReadInt16LittleEndian(elf.AsSpan(56));
        return Enumerable.Range(0, count).Select(i => BinaryPrimitives.ReadInt32LittleEndian(elf.AsSpan((int)table + (i * size)))).ToList();
    }
}
