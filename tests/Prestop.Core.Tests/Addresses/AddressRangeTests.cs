using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Prestop.Core.Addresses;
using Xunit;

namespace Prestop.Core.Tests.Addresses;

public sealed class AddressRangeTests
{
    private const string FourNumbers = "an IPv4 address has four numbers; write all of them, such as 10.0.0.7, or a network, such as 10.0.0.0/8";
    private const string NotIPv4 = "not an IPv4 address; write four numbers from 0 to 255, such as 10.0.0.7, or a network, such as 10.0.0.0/8";
    private const string NotPlain = "not a plain address; write it without brackets, port and zone, such as 10.0.0.7 or fd00::7";

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
    [InlineData("::ffff:10.0.0.0/104", "10.1.2.3", true)]
    [InlineData("::ffff:10.0.0.7", "10.0.0.7", true)]
    [InlineData("2001:db8::/32", "2001:db8:1::1", true)]
    [InlineData("2001:db8::/32", "2001:db9::1", false)]
    [InlineData("192.0.2.1/32", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("FD99::2", "fd99::2", true)]
    [InlineData("::1", "127.0.0.1", false)]
    public void A_range_contains_an_address_of_either_form(string range, string address, bool expected) =>
        Assert.Equal(expected, Parsed(range).Contains(InternetAddress.From(IPAddress.Parse(address))));

    [Theory]
    [InlineData("", "empty; write an address, or leave it out")]
    [InlineData("/8", "empty; write an address, or leave it out")]
    [InlineData("10", FourNumbers)]
    [InlineData("10/8", FourNumbers)]
    [InlineData("10.99.0", FourNumbers)]
    [InlineData("10.0.0.7.1", FourNumbers)]
    [InlineData("10.0.0.256", NotIPv4)]
    [InlineData("10..0.1", NotIPv4)]
    [InlineData("10.0.0.", NotIPv4)]
    [InlineData("fade", NotIPv4)]
    [InlineData("010.99.0.2", "'010' could be octal; write 10")]
    [InlineData("10.99.0.00", "'00' could be octal; write 0")]
    [InlineData("::ffff:10.99.0.02", "'02' could be octal; write 2")]
    [InlineData("[fd99::2]:80", NotPlain)]
    [InlineData("[fd99::2]", NotPlain)]
    [InlineData("fe80::1%eth0", NotPlain)]
    [InlineData("10.0.0.7 ", NotPlain)]
    [InlineData("0x0a.0.0.7", NotPlain)]
    [InlineData("kube-probe", NotPlain)]
    [InlineData("10.0.0.7:80", NotIPv6)]
    [InlineData("fd99:::2", NotIPv6)]
    [InlineData("1:2:3:4:5:6:7", NotIPv6)]
    [InlineData("10.0.0.7/8", "host bits set; write 10.0.0.0/8")]
    [InlineData("10.0.0.7/0", "host bits set; write 0.0.0.0/0")]
    [InlineData("fd99::2/64", "host bits set; write fd99::/64")]
    [InlineData("::ffff:10.0.0.7/104", "host bits set; write ::ffff:10.0.0.0/104")]
    [InlineData("10.0.0.0/33", "'33' is not the length of a prefix; write 0 to 32, or leave '/' out for one address")]
    [InlineData("fd99::/129", "'129' is not the length of a prefix; write 0 to 128, or leave '/' out for one address")]
    [InlineData("10.0.0.0/08", "'08' is not the length of a prefix; write 0 to 32, or leave '/' out for one address")]
    [InlineData("10.0.0.0/", "'' is not the length of a prefix; write 0 to 32, or leave '/' out for one address")]
    [InlineData("10.0.0.0/-1", "'-1' is not the length of a prefix; write 0 to 32, or leave '/' out for one address")]
    [InlineData("10.0.0.0/255.0.0.0", "'255.0.0.0' is not the length of a prefix; write 0 to 32, or leave '/' out for one address")]
    public void What_is_no_range_is_refused_with_the_fix(string text, string expected)
    {
        Assert.False(AddressRange.TryParse(text, out _, out var problem));
        Assert.Equal(expected, problem);
    }

    private const string NotIPv6 = "not an IPv6 address; write eight groups of hexadecimal digits, '::' once for those that are 0, such as fd00::7";

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
            var range = Parsed(network.ToString());
            return range.Contains(InternetAddress.From(address)) == network.Contains(address)
                && range.Contains(InternetAddress.From(network.BaseAddress));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));
    }

    [Fact]
    public void Whatever_is_taken_is_what_IPNetwork_takes_and_nothing_that_it_takes_in_canonical_form_is_refused()
    {
        var parts = Gen.Elements("10", "0", "255", "256", "007", "fd99", "::", ":", ".", "/", "8", "32", "64", "128", "1", "[", "]", "%1", "x", " ");
        var likely = from address in Addresses from slash in Gen.Elements("", "/0", "/8", "/31", "/32", "/33", "/64", "/128", "/129") select address + slash;

        Prop.ForAll(Gen.OneOf(parts.ListOf().Select(string.Concat), likely).ToArbitrary(), text =>
        {
            var whole = text.Contains('/', StringComparison.Ordinal) ? text : text + (text.Contains(':', StringComparison.Ordinal) ? "/128" : "/32");
            var theirs = IPNetwork.TryParse(whole, out var network);
            var isCanonical = theirs && whole == network.ToString() && !whole.Contains('%', StringComparison.Ordinal); // no zones: a socket table has none
            if (!AddressRange.TryParse(text, out var ours, out var problem))
            {
                return problem.Length > 0 && !isCanonical;
            }

            return problem.Length == 0 && theirs && ours == Parsed(network.ToString());
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
    }

    [Fact]
    public void An_address_is_written_as_IPAddress_writes_it_and_read_back() => Prop.ForAll(Addresses.ToArbitrary(), address =>
    {
        var ours = InternetAddress.From(address);
        var text = address.IsIPv4MappedToIPv6 ? address.MapToIPv4().ToString() : address.ToString();
        return ours.ToString() == text && InternetAddress.TryParse(text, out var again, out _) && again == ours;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));

    private static AddressRange Parsed(string text)
    {
        Assert.True(AddressRange.TryParse(text, out var range, out var problem), $"{text}: {problem}");
        return range;
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
