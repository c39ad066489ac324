using System.Globalization;

namespace Prestop.Core.Addresses;

/// <summary>A block of addresses, as CIDR notation names it. An IPv4 block also holds its addresses in the form ::ffff:a.b.c.d.</summary>
public readonly record struct AddressRange
{
    private readonly InternetAddress _first;
    private readonly int _length; // in the IPv6 form

    private AddressRange(InternetAddress first, int length) => (_first, _length) = (first, length);

    /// <summary>The range of one address.</summary>
    /// <param name="address">The address.</param>
    public static AddressRange Of(InternetAddress address) => new(address, 128);

    /// <summary>Reads an address, or a network such as 10.0.0.0/8 whose bits behind the prefix are all 0.</summary>
    /// <param name="text">The text; nothing may stand around it.</param>
    /// <param name="range">The range.</param>
    /// <param name="problem">What is wrong and how to write it, without the text itself; empty when nothing is.</param>
    /// <returns>False when there is a problem.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out AddressRange range, out string problem)
    {
        range = default;
        var slash = text.IndexOf('/');
        var host = slash < 0 ? text : text[..slash];
        if (!InternetAddress.TryParse(host, out var address, out problem))
        {
            return false;
        }

        if (slash < 0)
        {
            range = Of(address);
            return true;
        }

        var width = host.Contains(':') ? 128 : 32;
        var prefix = text[(slash + 1)..];
        if (prefix is ['0', _, ..] || !int.TryParse(prefix, NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > width)
        {
            problem = $"'{prefix}' is not the length of a prefix; write 0 to {width}, or leave '/' out for one address";
            return false;
        }

        range = new AddressRange(address.First(length + 128 - width), length + 128 - width);
        if (range._first != address)
        {
            var first = range._first.ToString();
            var form = width == 128 && !first.Contains(':', StringComparison.Ordinal) ? "::ffff:" : "";
            problem = $"host bits set; write {form}{first}/{length}";
            return false;
        }

        return true;
    }

    /// <summary>True when the address lies in this block.</summary>
    /// <param name="address">Any address.</param>
    public bool Contains(InternetAddress address) => _first.SharesPrefix(address, _length);
}
