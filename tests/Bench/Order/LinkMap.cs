using System.Globalization;
using System.Text.RegularExpressions;

namespace Bench.Order;

/// <summary>The code of the C libraries in a linked program, section by section, as lld's <c>-Map</c> lists it.</summary>
internal sealed partial class LinkMap
{
    private readonly List<CodeSection> _sections = [];

    /// <summary>Reads the map in the file <paramref name="path"/>.</summary>
    public LinkMap(string path)
    {
        var output = "";
        foreach (var line in File.ReadLines(path).Skip(1))
        {
            // Address, load address, size, alignment; then, eight blanks deeper each: output section, input section, symbol.
            if (Line().Match(line) is not { Success: true } match)
            {
                continue;
            }

            var name = match.Groups["name"].Value;
            switch (match.Groups["depth"].Length)
            {
                case 0:
                    output = name;
                    break;
                case 8 when output == ".text":
                    _sections.Add(new CodeSection(Hex(match.Groups["address"]), Hex(match.Groups["size"]), name));
                    break;
                case 16 when output == ".text" && !name.StartsWith('$'):
                    _sections[^1].Symbols.Add(name);
                    break;
            }
        }

        var homes = _sections.SelectMany(section => section.Symbols).CountBy(symbol => symbol).ToDictionary();
        _sections.ForEach(section => section.Name = section.Symbols.MinBy(symbol => homes[symbol]));
    }

    /// <summary>The section that holds <paramref name="address"/>; null: none of the C libraries'.</summary>
    public CodeSection? At(ulong address)
    {
        var (low, high) = (0, _sections.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_sections[middle].Address + _sections[middle].Size <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low < _sections.Count && _sections[low].Address <= address ? _sections[low] : null;
    }

    /// <summary>
    /// The sections that do the same on today's other processors: glibc keeps strlen-evex.o beside strlen-avx2.o, chooses at the
    /// start, and valgrind's processor is only one of them.
    /// </summary>
    public IEnumerable<CodeSection> TwinsOf(CodeSection section) =>
        Vector().Match(section.Origin) is { Success: true } match
            ? _sections.Where(other => Vector().Match(other.Origin) is { Success: true } twin && twin.Groups["function"].Value == match.Groups["function"].Value)
            : [section];

    private static ulong Hex(Group group) => ulong.Parse(group.Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^ *(?<address>[0-9a-f]+) +[0-9a-f]+ +(?<size>[0-9a-f]+) +\d+ (?<depth> *)(?<name>.+)$")]
    private static partial Regex Line();

    [GeneratedRegex(@"libc\.a\((?<function>\w+)-(avx2?|evex)(-unaligned-erms|-movbe)?\.o\)")]
    private static partial Regex Vector();
}
