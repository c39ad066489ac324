using System.Text;

namespace Bench.Figures;

/// <summary>Rows under headings of two lines: the first column to the left, figures to the right.</summary>
internal sealed class Table(string title, params (string Heading, string Unit)[] columns)
{
    private const string Gap = "  ";

    private readonly List<string[]> _rows = [.. Headings(columns)];
    private readonly List<string> _legend = [];

    /// <summary>Adds a row; a cell a column.</summary>
    public void Add(params string[] cells) => _rows.Add(cells);

    /// <summary>Adds a line below the table.</summary>
    public void Explain(string line) => _legend.Add(line);

    public override string ToString()
    {
        var widths = columns.Select((_, column) => _rows.Max(row => row[column].Length)).ToArray();
        var text = new StringBuilder().AppendLine(title);
        foreach (var row in _rows)
        {
            text.AppendLine(string.Join(Gap, row.Select((cell, column) => Aligned(cell, column, widths[column]))).TrimEnd());
        }

        foreach (var line in _legend)
        {
            text.Append(Gap).AppendLine(line);
        }

        return text.ToString();
    }

    private static IEnumerable<string[]> Headings((string Heading, string Unit)[] columns) =>
        new string[][] { [.. columns.Select(column => column.Heading)], [.. columns.Select(column => column.Unit)] }
            .Where(line => line.Any(cell => cell.Length > 0));

    private static string Aligned(string cell, int column, int width) => column == 0 ? cell.PadRight(width) : cell.PadLeft(width);
}
