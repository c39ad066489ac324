using FsCheck;
using FsCheck.Fluent;
using Prestop.Linux.Sockets;
using Xunit;

namespace Prestop.Linux.Tests.Sockets;

public sealed class NetlinkMessagesTests
{
    [Fact]
    public void Messages_behind_one_another_are_read_in_turn()
    {
        byte[] datagram = [.. Bytes.Message(20, 5, [1, 2, 3]), .. Bytes.Message(3, 6, [0, 0, 0, 0], flags: 0x12)];
        var messages = new NetlinkMessages(datagram);

        Assert.True(messages.MoveNext());
        Assert.Equal((20, 2, 5u), (messages.Type, messages.Flags, messages.Sequence));
        Assert.Equal([1, 2, 3], messages.Payload.ToArray());
        Assert.True(messages.MoveNext());
        Assert.Equal(NetlinkMessages.Done, messages.Type);
        Assert.NotEqual(0, messages.Flags & NetlinkMessages.DumpInterrupted);
        Assert.False(messages.MoveNext());
    }

    [Fact]
    public void An_error_message_carries_the_negative_error_number()
    {
        var messages = new NetlinkMessages(Bytes.Message(NetlinkMessages.Error, 1, [0xff, 0xff, 0xff, 0xff]));

        Assert.True(messages.MoveNext());
        Assert.Equal(1, messages.ErrorNumber);
    }

    [Fact]
    public void The_end_of_a_dump_that_says_nothing_is_no_success()
    {
        var messages = new NetlinkMessages(Bytes.Message(NetlinkMessages.Done, 1, []));

        Assert.True(messages.MoveNext());
        Assert.NotEqual(0, messages.ErrorNumber);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(17)]
    [InlineData(-1)]
    public void A_length_that_cannot_be_true_ends_the_walk(int length)
    {
        var datagram = Bytes.Message(20, 1, []);
        BitConverter.TryWriteBytes(datagram, length);

        var messages = new NetlinkMessages(datagram);
        Assert.False(messages.MoveNext());
        Assert.False(messages.IsAtEnd);
    }

    [Fact]
    public void Any_bytes_are_walked_to_an_end_and_never_beyond_it() => Prop.ForAll(Bytes.Any, datagram =>
    {
        var messages = new NetlinkMessages(datagram);
        var walked = 0;
        while (messages.MoveNext())
        {
            walked += NetlinkMessages.HeaderLength + messages.Payload.Length;
            _ = messages.ErrorNumber;
        }

        return walked <= datagram.Length && (!messages.IsAtEnd || walked + 3 * (datagram.Length / 16) >= datagram.Length);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
}
