using Prestop.Linux.Files;
using Xunit;

namespace Prestop.Linux.Tests.Files;

public sealed class FileSearchTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("prestop-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Files_and_folders_exist()
    {
        File.WriteAllText(At("file"), "");

        Assert.Equal(FileFinding.Exists, FileSearch.LookFor(At("file")));
        Assert.Equal(FileFinding.Exists, FileSearch.LookFor(_folder));
    }

    [Fact]
    public void A_link_is_what_it_leads_to()
    {
        File.CreateSymbolicLink(At("link"), At("file"));
        Assert.Equal(FileFinding.Absent, FileSearch.LookFor(At("link")));

        File.WriteAllText(At("file"), "");
        Assert.Equal(FileFinding.Exists, FileSearch.LookFor(At("link")));
    }

    [Fact]
    public void Nothing_is_absent_and_so_is_what_stands_behind_a_file()
    {
        File.WriteAllText(At("file"), "");

        Assert.Equal(FileFinding.Absent, FileSearch.LookFor(At("nothing")));
        Assert.Equal(FileFinding.Absent, FileSearch.LookFor(At("no/such/folder")));
        Assert.Equal(FileFinding.Absent, FileSearch.LookFor(At("file/behind")));
    }

    [Fact]
    public void A_loop_of_links_is_unclear()
    {
        File.CreateSymbolicLink(At("a"), At("b"));
        File.CreateSymbolicLink(At("b"), At("a"));

        Assert.Equal(FileFinding.Unclear, FileSearch.LookFor(At("a")));
    }

    private string At(string name) => Path.Combine(_folder, name);
}
