using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Prestop;

/// <summary>What a plain sleep asks of the kernel, seen by strace.</summary>
public sealed class FootprintTests
{
    [Fact]
    public async Task A_plain_sleep_opens_no_file_for_writing_and_no_socket_and_starts_nothing()
    {
        using var folder = new TemporaryFolder();
        var program = Repository.Published("prestop");

        await new OnHost().RunAsync(SystemProgram.Strace, "-f", "-qq", "-o", folder["calls"],
            "-e", "trace=open,openat,openat2,creat,socket,socketpair,connect,bind,listen,execve,fork,vfork,unlink,unlinkat,mkdir,mkdirat,rename,renameat2,ftruncate,chmod,fchmodat",
            program, "0.05");

        var calls = await File.ReadAllLinesAsync(folder["calls"], TestContext.Current.CancellationToken);
        Assert.Contains(calls, call => call.Contains("execve(", StringComparison.Ordinal));
        Assert.All(calls, call => Assert.True(
            call.Contains("openat(", StringComparison.Ordinal) && call.Contains("O_RDONLY", StringComparison.Ordinal)
                || call.Contains("openat resumed", StringComparison.Ordinal)
                || call.Contains($"execve(\"{program}\"", StringComparison.Ordinal),
            call));
    }
}
