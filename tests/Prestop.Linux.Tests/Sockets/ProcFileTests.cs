using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Prestop.Linux.Sockets;
using Xunit;

namespace Prestop.Linux.Tests.Sockets;

public sealed class ProcFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_file_is_read_line_by_line_however_long_it_is()
    {
        var lengths = Gen.Choose(0, 300).ListOf().Select(list => list.Select(length => new string('x', length)).ToArray());
        Prop.ForAll(lengths.ToArbitrary(), lines =>
        {
            File.WriteAllText(_path, string.Concat(lines.Select(line => line + "\n")));
            return Lines().SequenceEqual(lines);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));
    }

    [Theory]
    [InlineData(3, "ends in the middle of a line")]
    [InlineData(9_000, "not understood")]
    public void A_line_that_is_cut_off_or_has_no_end_is_an_error(int length, string problem)
    {
        File.WriteAllText(_path, "whole\n" + new string('x', length));

        Assert.Contains(problem, Assert.Throws<IOException>(Lines).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_told_from_one_that_may_not_be_read()
    {
        Assert.False(ProcFile.TryOpen(_path + "x", new byte[ProcFile.BufferLength], out _));
        Assert.Throws<IOException>(() => ProcFile.TryOpen(Path.GetTempPath(), new byte[ProcFile.BufferLength], out _));
    }

    private List<string> Lines()
    {
        var lines = new List<string>();
        Assert.True(ProcFile.TryOpen(_path, new byte[ProcFile.BufferLength], out var file));
        using (file)
        {
            while (file.MoveNext())
            {
                lines.Add(Encoding.ASCII.GetString(file.Line));
            }
        }

        return lines;
    }
}
