using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Prestop.Linux.Sockets;
using Xunit;

namespace Prestop.Linux.Tests.Sockets;

public sealed class InternetAddressTests
{
    private static readonly Gen<IPAddress> Addresses = Gen.OneOf(
        Gen.Choose(0, 255).ArrayOf(4).Select(numbers => new IPAddress(Array.ConvertAll(numbers, number => (byte)number))),
        Gen.Choose(0, 255).ArrayOf(16).Select(numbers => new IPAddress(Array.ConvertAll(numbers, number => (byte)number))));

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.255.0.9", true)]
    [InlineData("::ffff:127.0.0.1", true)]
    [InlineData("::1", true)]
    [InlineData("128.0.0.1", false)]
    [InlineData("::", false)]
    [InlineData("::2", false)]
    [InlineData("::127.0.0.1", false)]
    [InlineData("10.0.0.1", false)]
    public void Loopback_addresses_are_known(string text, bool expected) =>
        Assert.Equal(expected, InternetAddress.From(IPAddress.Parse(text)).IsLoopback);

    [Theory]
    [InlineData("10.0.0.0/8", "10.255.255.255", true)]
    [InlineData("10.0.0.0/8", "::ffff:10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "11.0.0.0", false)]
    [InlineData("10.0.0.0/8", "a00::", false)]
    [InlineData("0.0.0.0/0", "203.0.113.9", true)]
    [InlineData("0.0.0.0/0", "2001:db8::1", false)]
    [InlineData("::/0", "203.0.113.9", true)]
    [InlineData("2001:db8::/32", "2001:db8:1::1", true)]
    [InlineData("2001:db8::/32", "2001:db9::1", false)]
    [InlineData("192.0.2.1/32", "192.0.2.1", true)]
    [InlineData("192.0.2.1/32", "192.0.2.2", false)]
    public void A_range_contains_an_address_of_either_form(string range, string address, bool expected) =>
        Assert.Equal(expected, new AddressRange(IPNetwork.Parse(range)).Contains(InternetAddress.From(IPAddress.Parse(address))));

    [Fact]
    public void Ranges_agree_with_IPNetwork_within_a_family()
    {
        Gen<(IPNetwork, IPAddress)> cases =
            from address in Addresses
            from near in Addresses
            where near.AddressFamily == address.AddressFamily
            from length in Gen.Choose(0, 8 * address.GetAddressBytes().Length)
            select (Network(address, length), near);

        Prop.ForAll(cases.ToArbitrary(), pair =>
        {
            (var network, var address) = pair;
            var range = new AddressRange(network);
            return range.Contains(InternetAddress.From(address)) == network.Contains(address)
                && range.Contains(InternetAddress.From(network.BaseAddress));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));
    }

    private static IPNetwork Network(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = length; bit < 8 * bytes.Length; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPNetwork(new IPAddress(bytes), length);
    }
}
