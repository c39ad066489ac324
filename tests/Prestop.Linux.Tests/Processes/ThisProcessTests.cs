using Prestop.Linux.Processes;
using Xunit;

namespace Prestop.Linux.Tests.Processes;

/// <summary>What this process is told of itself.</summary>
public sealed class ThisProcessTests
{
    [Fact]
    public void A_variable_is_what_the_environment_holds()
    {
        Assert.Equal(Environment.GetEnvironmentVariable("PATH"), Variables.Find("PATH"));
        Assert.Null(Variables.Find("PRESTOP_NO_SUCH_VARIABLE"));
    }

    [Fact]
    public void Arguments_without_replaced_bytes_are_left_alone()
    {
        string[] words = ["2s", "tcp://app:80", "äöü"];

        Assert.Same(words, Arguments.Exact(words));
    }

    [Fact]
    public void Arguments_that_are_not_those_of_this_process_stay_as_they_are()
    {
        // As many words as this process was started with are no other's.
        string[] words = [.. Enumerable.Repeat("\uFFFD", Environment.GetCommandLineArgs().Length + 7)];

        Assert.Same(words, Arguments.Exact(words));
    }

    [Fact]
    public void The_first_process_of_a_container_is_another_one_that_runs()
    {
        // Null where no other process may be looked into.
        if (FirstProcess.Find() is { } first)
        {
            Assert.True(Directory.Exists($"/proc/{first}"));
            Assert.Equal(FirstProcess.LinkAt("/proc/self/ns/mnt"), FirstProcess.LinkAt($"/proc/{first}/ns/mnt"));
        }

        Assert.Null(FirstProcess.LinkAt("/proc/self/no-such-link"));
    }

    [Fact]
    public void The_limit_of_open_files_is_raised_to_what_is_allowed_and_stays_there()
    {
        var raised = OpenFileLimit.Raise();

        var line = File.ReadLines("/proc/self/limits").Single(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        var fields = line["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((fields[1], fields[1]), (fields[0], $"{raised}"));
        Assert.Equal(raised, OpenFileLimit.Raise());
    }
}
