using System.Buffers;
using System.Net;
using Prestop.Core;
using Prestop.Core.Addresses;
using Prestop.Core.Messages;
using Prestop.Core.Options;
using Prestop.Elb.Discovery;
using Prestop.Elb.Draining;
using Prestopd.Hosting;

namespace Prestopd.Elb;

/// <summary>One wait as its caller asked for it.</summary>
/// <param name="Drain">What to wait for.</param>
/// <param name="MaxDelay">When to give up, counted from the beginning.</param>
internal sealed record WaitRequest(DrainRequest Drain, TimeSpan MaxDelay);

/// <summary>Turns the parameters of a wait into <see cref="WaitRequest"/>, wherever they come from, and reports every one that cannot be used.</summary>
/// <param name="value">The value of a parameter; null when it is not given.</param>
/// <param name="name">The parameter as its caller wrote it.</param>
/// <param name="longest">The most that a max-delay counts for.</param>
internal sealed class WaitRequestReader(Func<OptionSpec, string?> value, Func<OptionSpec, string> name, TimeSpan longest)
{
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-.");

    // An ARN's last part is TYPE/NAME/ID; a name has letters, digits and hyphens (API reference, TargetGroup).
    private static readonly SearchValues<char> GroupCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-:/");

    private static readonly TimeSpan DefaultMaxDelay = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ShortestDelay = TimeSpan.FromSeconds(1);

    /// <summary>One line for every parameter that cannot be used: its name, the value, the limit, the fix.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>What can be used and is probably not meant, one line each.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>Reads all parameters.</summary>
    /// <returns>The request; null when there are problems.</returns>
    public WaitRequest? Read()
    {
        var address = Address();
        var source = Source();
        var maxDelay = MaxDelay();
        var settle = Length(AwsChoice.Settle, TimeSpan.Zero, longest);
        var @namespace = ObjectName(ElbNames.Parameters.Namespace);
        if (@namespace is null && source is not { TargetGroups.Count: > 0 })
        {
            Missing(ElbNames.Parameters.Namespace, "the pod's namespace (metadata.namespace)");
        }

        return Problems.Count == 0 ? new WaitRequest(new DrainRequest(source!, @namespace, [address!], settle), maxDelay) : null;

        DrainSource? Source()
        {
            var given = ElbNames.Parameters.Sources.Where(parameter => value(parameter) is not null).ToList();
            if (given is not [var parameter])
            {
                Problems.Add(given.Count == 0
                    ? $"nothing to wait on: give one of {string.Join(", ", ElbNames.Parameters.Sources.Select(name))}"
                    : $"{string.Join(" and ", given.Select(name))} exclude each other: give one of them");
                return null;
            }

            if (parameter == ElbNames.Parameters.TargetGroup)
            {
                return new DrainSource(null, [Text(parameter, GroupCharacters, 2048, "neither a target group's ARN nor its name") ?? ""]);
            }

            var kind = parameter == ElbNames.Parameters.Ingress ? BalancedKind.Ingress
                : parameter == ElbNames.Parameters.Service ? BalancedKind.Service
                : parameter == ElbNames.Parameters.Gateway ? BalancedKind.Gateway
                : BalancedKind.TargetGroupBinding;
            return new DrainSource(new BalancedObject(kind, value(ElbNames.Parameters.Namespace) ?? "", ObjectName(parameter) ?? ""), []);
        }
    }

    private IPAddress? Address()
    {
        if (value(ElbNames.Parameters.Ip) is not { } text)
        {
            Missing(ElbNames.Parameters.Ip, "the pod's address (status.podIP)");
            return null;
        }

        if (!InternetAddress.TryParse(text, out var address, out _))
        {
            Refuse(ElbNames.Parameters.Ip, text, "not an IP address; give the pod's (status.podIP), such as 10.0.1.7");
            return null;
        }

        var plain = IPAddress.Parse(address.ToString());
        if (address.IsLoopback || plain.Equals(IPAddress.Any) || plain.Equals(IPAddress.IPv6Any))
        {
            Refuse(ElbNames.Parameters.Ip, text, "no pod's address; give the one of status.podIP");
        }

        return plain;
    }

    private TimeSpan MaxDelay()
    {
        var delay = Length(ElbNames.Parameters.MaxDelay, ShortestDelay, TimeSpan.MaxValue) ?? DefaultMaxDelay;
        if (delay <= longest)
        {
            return delay;
        }

        if (value(ElbNames.Parameters.MaxDelay) is { } text)
        {
            Warnings.Add($"{name(ElbNames.Parameters.MaxDelay)} '{OneLine.Quote(text)}' counts as {Duration.FromTimeSpan(longest)}, the most that this service allows ({ElbNames.MaxDelayCap.Name})");
        }

        return longest;
    }

    private TimeSpan? Length(OptionSpec parameter, TimeSpan least, TimeSpan most)
    {
        if (value(parameter) is not { } text)
        {
            return null;
        }

        var length = OptionReader.LengthIn(text, least, most, out var problem);
        if (problem is not null)
        {
            Refuse(parameter, text, problem);
        }

        return length;
    }

    /// <summary>A name as Kubernetes has them (RFC 1123 subdomains); null when it is not given or is none.</summary>
    private string? ObjectName(OptionSpec parameter)
    {
        const int LongestName = 253;
        var text = Text(parameter, NameCharacters, LongestName, "not a name as Kubernetes has them: lower-case letters, digits, '-' and '.'");
        if (text is ['-' or '.', ..] or [.., '-' or '.'])
        {
            Refuse(parameter, text, "not a name as Kubernetes has them: it begins and ends with a letter or digit");
        }

        return text;
    }

    private string? Text(OptionSpec parameter, SearchValues<char> characters, int most, string problem)
    {
        if (value(parameter) is not { } text)
        {
            return null;
        }

        if (text.Length == 0 || text.Length > most || text.AsSpan().ContainsAnyExcept(characters))
        {
            Refuse(parameter, text, problem);
        }

        return text;
    }

    private void Missing(OptionSpec parameter, string what) => Problems.Add($"{name(parameter)} is missing: give {what}");

    private void Refuse(OptionSpec parameter, string text, string problem)
    {
        var hint = text.Contains("$(", StringComparison.Ordinal) || text is ['$' or '<', ..] ? "; what stands for a value was not replaced by it" : "";
        Problems.Add(text.Length == 0
            ? $"{name(parameter)} is empty: {problem}"
            : $"{name(parameter)} '{OneLine.Quote(text, 100)}': {problem}{hint}");
    }
}
