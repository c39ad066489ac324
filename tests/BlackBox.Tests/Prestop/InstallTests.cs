using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Prestop;

/// <summary><c>prestop install DIR</c>, as an init container does it.</summary>
public sealed class InstallTests : IDisposable
{
    private readonly TemporaryFolder _volume = new();

    public InstallTests() => File.SetUnixFileMode(_volume.Path, (UnixFileMode)0b111_111_111);

    public void Dispose() => _volume.Dispose();

    private EmptyRoot Root => new() { Proc = true, Volumes = { ["/shared"] = _volume.Path } };

    [Fact]
    public async Task The_copy_is_whole_may_be_executed_and_works()
    {
        var run = await Root.EndsAsync(0, "install", "/shared");

        Assert.Equal("/shared/prestop\n", run.Stdout.Text);
        Assert.Equal((UnixFileMode)0b111_101_101, File.GetUnixFileMode(_volume["prestop"]));
        Assert.Equal(File.ReadAllBytes(Repository.Published("prestop")), File.ReadAllBytes(_volume["prestop"]));
        await new EmptyRoot().RunAsync(_volume["prestop"], "0.01");
    }

    [Fact]
    public async Task An_older_copy_is_replaced_as_a_whole()
    {
        _volume.Write("prestop", "the old one");
        using var old = File.OpenRead(_volume["prestop"]);

        await Root.EndsAsync(0, "install", "/shared");

        Assert.Equal("the old one", await new StreamReader(old).ReadToEndAsync(TestContext.Current.CancellationToken));
        Assert.Equal(["prestop"], Directory.EnumerateFileSystemEntries(_volume.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_link_of_that_name_is_replaced_and_not_followed()
    {
        _volume.Write("other", "untouched");
        File.CreateSymbolicLink(_volume["prestop"], "other");

        await Root.EndsAsync(0, "install", "/shared");

        Assert.Equal("untouched", File.ReadAllText(_volume["other"]));
        Assert.Null(new FileInfo(_volume["prestop"]).LinkTarget);
    }

    [Theory]
    [InlineData("/missing", "no such directory; mount a volume there")]
    [InlineData("/prestop", "no such directory; mount a volume there")]
    [InlineData("/dev", "cannot be written; use a writable volume with 10 MB free")]
    public async Task Where_nothing_can_be_written_it_says_so(string folder, string words)
    {
        var run = await Root.EndsAsync(125, "install", folder);

        Assert.Equal([$"prestop: '{folder}': {words}"], run.Stderr.Lines);
        Assert.Empty(run.Stdout.Text);
    }

    [Fact]
    public async Task Where_this_user_may_not_write_it_says_so()
    {
        File.SetUnixFileMode(_volume.Path, (UnixFileMode)0b101_101_101);

        var run = await Root.EndsAsync(125, "install", "/shared");

        Assert.Equal(["prestop: '/shared': this user may not write there; use a writable volume"], run.Stderr.Lines);
    }

    [Fact]
    public async Task A_full_volume_is_told_and_left_as_it_was()
    {
        _volume.Write("prestop", "the old one");
        // A file size limit below the program's size: every write past it fails as on a full disk.
        var root = Root with { Files = new() { [InRoot.Busybox] = SystemProgram.Busybox, ["/prestop"] = Repository.Published("prestop") } };

        var run = await root.RunAsync(SystemProgram.Busybox, "sh", "-c", "trap '' XFSZ; ulimit -f 1000; /prestop install /shared; echo $?");

        Assert.Equal(["125"], run.Stdout.Lines);
        Assert.Equal(["prestop: '/shared': cannot be written; use a writable volume with 10 MB free"], run.Stderr.Lines);
        Assert.Equal("the old one", File.ReadAllText(_volume["prestop"]));
        Assert.Single(Directory.EnumerateFileSystemEntries(_volume.Path));
    }

    [Fact]
    public async Task Without_proc_it_says_what_it_needs()
    {
        var run = await (Root with { Proc = false }).EndsAsync(125, "install", "/shared");

        Assert.Equal(["prestop: '/shared': this program cannot read itself; it needs /proc and a file that its user may read"], run.Stderr.Lines);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_volume.Path));
    }

    [Theory]
    [InlineData("KILL")]
    [InlineData("TERM")]
    public async Task One_that_is_interrupted_leaves_nothing_unfinished(string signal)
    {
        // In the midst of the bytes, whichever call copies them.
        const string copying = "pwrite64,write,copy_file_range,sendfile";
        await using var run = OnHost.Start(
            SystemProgram.Strace, "-f", "-o", "/dev/null", "-e", $"trace={copying}", "-e", $"inject={copying}:signal={signal}:when=1", Repository.Published("prestop"), "install", _volume.Path);

        await run.ExitAsync();

        Assert.All(Directory.EnumerateFiles(_volume.Path), file =>
        {
            Assert.Equal("prestop", Path.GetFileName(file));
            Assert.Equal(File.ReadAllBytes(Repository.Published("prestop")), File.ReadAllBytes(file));
        });
    }

    [Fact]
    public async Task A_dry_run_installs_nothing_and_says_what_it_would()
    {
        var run = await Root.EndsAsync(0, "--dry-run", "install", "/shared");
        await (Root with { Environment = new() { ["PRESTOP_DRY_RUN"] = "1" } }).EndsAsync(125, "install", "/missing");

        Assert.Equal("would install /shared/prestop\n", run.Stdout.Text);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_volume.Path));
    }

    [Fact]
    public async Task It_needs_no_random_device()
    {
        await (Root with { RandomDevice = false }).EndsAsync(0, "install", "/shared");
    }
}
