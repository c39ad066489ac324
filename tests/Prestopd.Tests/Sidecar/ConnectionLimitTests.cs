using Prestopd.Sidecar;
using Xunit;

namespace Prestopd.Tests.Sidecar;

/// <summary>Connections fit the files that may be open.</summary>
public sealed class ConnectionLimitTests
{
    [Theory]
    [InlineData(500, 1_048_576, 500)]
    [InlineData(4000, 1024, 298)]
    [InlineData(500, 64, 1)]
    public void The_limit_of_open_files_wins(int wanted, int openFiles, int fitting)
    {
        Assert.Equal(fitting, ConnectionLimit.Fitting(wanted, openFiles));
        Assert.True((2 * fitting) + 10 < openFiles);
    }
}
