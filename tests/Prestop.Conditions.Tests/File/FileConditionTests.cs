using Prestop.Core.Waiting;
using Xunit;

namespace Prestop.Conditions.Tests;

public sealed class FileConditionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("prestop-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_file_exists_or_does_not()
    {
        Assert.Equal(Finding.NotMet, (await Target.LookAsync($"file://{_folder}/a%20b")).Finding);

        await File.WriteAllTextAsync(_folder + "/a b", "", TestContext.Current.CancellationToken);

        Assert.Equal(Finding.Met, (await Target.LookAsync($"file://{_folder}/a%20b")).Finding);
    }

    [Fact]
    public async Task A_file_that_cannot_be_looked_at_is_unclear()
    {
        File.CreateSymbolicLink(_folder + "/loop", _folder + "/loop");

        Assert.Equal(Finding.Unclear, (await Target.LookAsync($"file://{_folder}/loop")).Finding);
    }
}
