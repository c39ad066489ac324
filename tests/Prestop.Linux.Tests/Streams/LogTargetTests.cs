using Prestop.Linux.Processes;
using Prestop.Linux.Streams;
using Xunit;

namespace Prestop.Linux.Tests.Streams;

public sealed class LogTargetTests
{
    [Fact]
    public void The_first_process_is_written_to_or_it_is_told_why_not()
    {
        var target = LogTarget.OpenFirstProcess(out var isOwn, out var problem);

        Assert.Equal(FirstProcess.Find() == Environment.ProcessId, isOwn);
        if (target is null)
        {
            Assert.StartsWith("the ", problem, StringComparison.Ordinal);
        }
    }
}
