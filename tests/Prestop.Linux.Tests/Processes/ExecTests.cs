using Prestop.Linux.Processes;
using Prestop.Testing;
using Xunit;

namespace Prestop.Linux.Tests.Processes;

/// <summary>What keeps a program from taking this process's place; that one can is shown on the published <c>prestop</c>.</summary>
public sealed class ExecTests : IDisposable
{
    private const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("no-such-program-anywhere")]
    [InlineData("/no/such/program")]
    [InlineData("/etc/hostname/program")]
    [InlineData("")]
    public void A_program_that_is_not_there_is_not_found(string program) => Assert.Equal(ExecFailure.NotFound, Exec.Replace([program, "argument"]));

    [Fact]
    public void A_file_that_may_not_be_executed_and_a_folder_are_not_permitted()
    {
        Assert.Equal(ExecFailure.NotPermitted, Exec.Replace([_folder.Write("text", "#!/bin/sh\n")]));
        Assert.Equal(ExecFailure.NotPermitted, Exec.Replace([_folder.Path]));
    }

    [Fact]
    public void Text_without_an_interpreter_is_no_program_and_is_not_handed_to_a_shell() =>
        Assert.Equal(ExecFailure.WrongFormat, Exec.Replace([Program("echo, and not for a shell\n")]));

    [Fact]
    public void An_interpreter_that_is_not_there_is_told_from_a_program_that_is_not() =>
        Assert.Equal(ExecFailure.LoaderNotFound, Exec.Replace([Program("#!/no/such/interpreter\n")]));

    [Fact]
    public void A_file_that_somebody_writes_is_busy()
    {
        var program = Program("#!/bin/sh\n");
        using var writer = new FileStream(program, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);

        Assert.Equal(ExecFailure.Busy, Exec.Replace([program]));
    }

    [Fact]
    public void Arguments_that_are_too_long_are_another_failure() =>
        Assert.Equal(ExecFailure.Other, Exec.Replace(["/bin/true", new string('x', 200_000)])); // MAX_ARG_STRLEN of execve(2): 131,072

    private string Program(string text)
    {
        var path = _folder.Write("program", text);
        File.SetUnixFileMode(path, Executable);
        return path;
    }
}
