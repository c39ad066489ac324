using System.Text.RegularExpressions;

namespace Prestop.Elb.Access;

/// <summary>What a user can say of the way to AWS; everything else is found as the AWS SDKs find it.</summary>
public sealed partial record ElbAccessOptions
{
    /// <summary>The endpoint of this service, in the words of the AWS SDKs.</summary>
    public const string ServiceEndpointVariable = "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2";

    /// <summary>The endpoint of all services.</summary>
    public const string EndpointVariable = "AWS_ENDPOINT_URL";

    /// <summary>Set to <c>true</c>, the other two do not count.</summary>
    public const string IgnoreEndpointsVariable = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";

    /// <summary>The region; null: from AWS_REGION, AWS_DEFAULT_REGION, the profile, or the instance's metadata, in this order.</summary>
    public string? Region { get; private init; }

    /// <summary>The profile of the shared configuration files; null: the SDK's chain, which begins with the environment.</summary>
    public string? Profile { get; private init; }

    /// <summary>Where calls go instead of the region's own endpoint; null: there.</summary>
    public Uri? Endpoint { get; private init; }

    /// <summary>Checks what the user said.</summary>
    /// <param name="region">The option's value, or null.</param>
    /// <param name="profile">The option's value, or null.</param>
    /// <param name="variable">Reads an environment variable.</param>
    /// <param name="problems">One line for each value that cannot be used; empty when all is well.</param>
    /// <returns>The options; null when there is a problem.</returns>
    public static ElbAccessOptions? Read(string? region, string? profile, Func<string, string?> variable, out IReadOnlyList<string> problems)
    {
        var found = new List<string>();
        problems = found;
        var regionName = region is null ? "AWS_REGION" : "--aws-region";
        region ??= Value("AWS_REGION");
        if (region is null)
        {
            (regionName, region) = ("AWS_DEFAULT_REGION", Value("AWS_DEFAULT_REGION"));
        }

        if (region is not null && !RegionName().IsMatch(region))
        {
            found.Add($"{regionName} is '{region}'; it must be the name of a region such as eu-central-1");
        }

        if (profile is { Length: 0 })
        {
            found.Add("--aws-profile is empty; name a profile of the AWS configuration files, or leave it out");
        }

        var endpoint = string.Equals(Value(IgnoreEndpointsVariable), "true", StringComparison.OrdinalIgnoreCase)
            ? null
            : Endpoint(ServiceEndpointVariable) ?? Endpoint(EndpointVariable);
        return found.Count == 0 ? new ElbAccessOptions { Region = region, Profile = profile, Endpoint = endpoint } : null;

        string? Value(string name) => variable(name) is { Length: > 0 } value ? value : null;

        Uri? Endpoint(string name)
        {
            if (Value(name) is not { } text)
            {
                return null;
            }

            if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address is { Scheme: "http" or "https", Query: "", Fragment: "", UserInfo: "" })
            {
                return address;
            }

            // A URL may hold a password: it is not shown.
            found.Add($"{name} cannot be used; it must be a URL without user, query and fragment, such as http://localhost:4566");
            return null;
        }
    }

    [GeneratedRegex("^[a-z]{2,}(-[a-z]+)+-[0-9]+$")]
    private static partial Regex RegionName();
}
