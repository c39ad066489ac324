using System.Net.Sockets;
using Prestop.Core.Waiting;
using Xunit;

namespace Prestop.Conditions.Tests;

public sealed class UnixConditionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("prestop-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_listening_socket_accepts()
    {
        using var listener = Bound(SocketType.Stream);
        listener.Listen();

        Assert.Equal(Finding.Met, (await Target.LookAsync($"unix://{_folder}/s")).Finding);
    }

    [Fact]
    public async Task A_socket_that_nobody_listens_on_is_absent()
    {
        using var bound = Bound(SocketType.Stream);

        var seen = await Target.LookAsync($"unix://{_folder}/s");

        Assert.Equal((Finding.Absent, "connection refused"), (seen.Finding, seen.Seen));
    }

    [Fact]
    public async Task A_socket_that_is_not_there_is_absent()
    {
        var seen = await Target.LookAsync($"unix://{_folder}/s");

        Assert.Equal((Finding.Absent, "does not exist"), (seen.Finding, seen.Seen));
    }

    [Fact]
    public async Task A_socket_behind_a_file_is_absent()
    {
        await File.WriteAllTextAsync(_folder + "/file", "", TestContext.Current.CancellationToken);

        Assert.Equal(Finding.Absent, (await Target.LookAsync($"unix://{_folder}/file/s")).Finding);
        Assert.Equal(Finding.Absent, (await Target.LookAsync($"unix://{_folder}/file")).Finding);
    }

    [Fact]
    public async Task A_socket_of_another_kind_is_broken()
    {
        using var bound = Bound(SocketType.Dgram);

        var seen = await Target.LookAsync($"unix://{_folder}/s");

        Assert.Equal((Finding.Broken, "not a stream socket"), (seen.Finding, seen.Seen));
    }

    [Fact]
    public async Task A_socket_whose_queue_is_full_is_unclear()
    {
        using var listener = Bound(SocketType.Stream);
        listener.Listen(0);
        using var first = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await first.ConnectAsync(new UnixDomainSocketEndPoint(_folder + "/s"), TestContext.Current.CancellationToken);

        var seen = await Target.LookAsync($"unix://{_folder}/s");

        Assert.Equal((Finding.Unclear, "its queue of connections is full"), (seen.Finding, seen.Seen));
    }

    private Socket Bound(SocketType type)
    {
        var socket = new Socket(AddressFamily.Unix, type, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_folder + "/s"));
        return socket;
    }
}
