using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Testing;

public sealed class PublishedTests : IDisposable
{
    private readonly TemporaryFolder _repository = new();

    public void Dispose() => _repository.Dispose();

    [Fact]
    public void A_published_program_is_found_from_deep_inside_the_repository()
    {
        _repository.Write("PrestopSleep.sln", "");
        Directory.CreateDirectory(_repository["out"]);
        var program = _repository.Write("out/prestop", "");
        var deep = Directory.CreateDirectory(_repository["artifacts/bin/BlackBox.Tests"]);

        Assert.Equal(program, Repository.Published("prestop", Repository.RootAbove(deep.FullName)));
    }

    [Fact]
    public void A_program_that_was_not_published_is_one_line_with_the_command_to_run()
    {
        _repository.Write("PrestopSleep.sln", "");

        var failure = Assert.Throws<HarnessException>(() => Repository.Published("prestop", _repository.Path));

        Assert.Equal("out/prestop is not there: run ./build.sh publish", failure.Message);
    }

    [Fact]
    public void A_missing_system_program_names_the_package_that_brings_it()
    {
        var failure = Assert.Throws<HarnessException>(() => SystemProgram.Find("no-such-program", "some-package"));

        Assert.Equal("no-such-program is missing: apt-get install --yes some-package", failure.Message);
    }
}
