using Prestop.Elb.Access;
using Xunit;

namespace Prestop.Elb.Tests.Access;

public class ElbAccessOptionsTests
{
    [Theory]
    [InlineData(null, "", null)]
    [InlineData("eu-west-1", "AWS_REGION=us-east-1", "eu-west-1")]
    [InlineData(null, "AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-2", "us-east-1")]
    [InlineData(null, "AWS_REGION= AWS_DEFAULT_REGION=us-gov-west-1", "us-gov-west-1")]
    public void The_region_comes_from_the_option_then_from_the_environment(string? option, string variables, string? region) =>
        Assert.Equal(region, Read(option, null, variables, out _)!.Region);

    [Theory]
    [InlineData("", null)]
    [InlineData("AWS_ENDPOINT_URL=http://localhost:4566", "http://localhost:4566/")]
    [InlineData("AWS_ENDPOINT_URL=http://localhost:4566 AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2=https://elb.local/api", "https://elb.local/api")]
    [InlineData("AWS_ENDPOINT_URL=http://localhost:4566 AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", null)]
    public void The_endpoint_comes_from_the_environment(string variables, string? endpoint) =>
        Assert.Equal(endpoint, Read(null, null, variables, out _)!.Endpoint?.ToString());

    [Theory]
    [InlineData("europe", null, "", "--aws-region is 'europe'; it must be the name of a region such as eu-central-1")]
    [InlineData("", null, "", "--aws-region is ''; it must be the name of a region such as eu-central-1")]
    [InlineData("evil.example/eu-west-1", null, "", "--aws-region is 'evil.example/eu-west-1'; it must be the name of a region such as eu-central-1")]
    [InlineData(null, null, "AWS_REGION=eu_west_1", "AWS_REGION is 'eu_west_1'; it must be the name of a region such as eu-central-1")]
    [InlineData(null, null, "AWS_DEFAULT_REGION=1", "AWS_DEFAULT_REGION is '1'; it must be the name of a region such as eu-central-1")]
    [InlineData(null, "", "", "--aws-profile is empty; name a profile of the AWS configuration files, or leave it out")]
    [InlineData(null, null, "AWS_ENDPOINT_URL=localhost:4566", "AWS_ENDPOINT_URL cannot be used; it must be a URL without user, query and fragment, such as http://localhost:4566")]
    [InlineData(null, null, "AWS_ENDPOINT_URL=http://u:secret@h/", "AWS_ENDPOINT_URL cannot be used; it must be a URL without user, query and fragment, such as http://localhost:4566")]
    public void A_bad_value_is_named(string? region, string? profile, string variables, string problem)
    {
        Assert.Null(Read(region, profile, variables, out var problems));
        Assert.Equal([problem], problems);
    }

    private static ElbAccessOptions? Read(string? region, string? profile, string variables, out IReadOnlyList<string> problems)
    {
        var values = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        return ElbAccessOptions.Read(region, profile, values.GetValueOrDefault, out problems);
    }
}
