using Prestop.Linux.Files;
using Xunit;

namespace Prestop.Linux.Tests.Files;

public sealed class SmallFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("small-file-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }

    private static (string? Problem, string Text) Read(string path, int longest = 4)
    {
        var text = "";
        return (SmallFile.Read(path, longest, file => text = new StreamReader(file).ReadToEnd()), text);
    }

    [Fact]
    public void A_file_is_read_and_so_is_what_a_link_leads_to()
    {
        var file = Write("file", "abcd");
        var link = Path.Combine(_folder, "link");
        File.CreateSymbolicLink(link, "file");

        Assert.Equal((null, "abcd"), Read(file));
        Assert.Equal((null, "abcd"), Read(link));
        Assert.Equal((null, "abcd"), Read(Path.GetRelativePath(Directory.GetCurrentDirectory(), link)));
    }

    [Fact]
    public void What_has_no_end_is_not_opened()
    {
        var longer = Write("longer", "abcde");
        var link = Path.Combine(_folder, "link");
        File.CreateSymbolicLink(link, "/dev/zero");

        Assert.All([longer, Write("empty", ""), "/dev/zero", link], path => Assert.Equal(("not a file of 1 to 4 bytes", ""), Read(path)));
    }

    [Fact]
    public void What_is_no_file_is_told()
    {
        Assert.Equal(("not a file", ""), Read(""));
        Assert.Equal(("not a file", ""), Read(_folder));
        Assert.Equal(("no such file", ""), Read(Path.Combine(_folder, "none")));
        Assert.Equal(("no such file", ""), Read(Path.Combine(_folder, "none", "none")));
    }
}
