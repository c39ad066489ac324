using Prestop.Kubernetes.Access;
using Prestop.Testing;
using Prestop.Testing.ApiServer;
using Xunit;

namespace Prestop.Kubernetes.Tests;

public sealed class InClusterTests : IDisposable
{
    private readonly PodDirectory _pod = PodDirectory.Empty();

    public InClusterTests()
    {
        _pod.Variables["KUBERNETES_SERVICE_HOST"] = "10.96.0.1";
        _pod.Variables["KUBERNETES_SERVICE_PORT"] = "443";
        _pod.WriteAccount("token", "t\n");
        _pod.WriteAccount("ca.crt", ServerIdentity.Good.AuthorityPem);
        _pod.WriteAccount("namespace", "shop\n");
    }

    [Theory]
    [InlineData("10.96.0.1", "443", "https://10.96.0.1/")]
    [InlineData("10.96.0.1", "6443", "https://10.96.0.1:6443/")]
    [InlineData("fd00::1", "443", "https://[fd00::1]/")]
    [InlineData("[fd00::1]", "6443", "https://[fd00::1]:6443/")]
    [InlineData("cluster.example.com", "443", "https://cluster.example.com/")]
    public void The_address_is_made_of_the_two_variables(string host, string port, string address)
    {
        _pod.Variables["KUBERNETES_SERVICE_HOST"] = host;
        _pod.Variables["KUBERNETES_SERVICE_PORT"] = port;

        var access = InCluster.Find(Container, new FakeClock(), out var problem);

        Assert.Equal("", problem);
        Assert.Equal(address, access?.Address.ToString());
    }

    [Theory]
    [InlineData("x.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6cHJlc3RvcDpwcmVzdG9wZCJ9.y", "system:serviceaccount:prestop:prestopd")]
    [InlineData("x.e30.y", null)]
    [InlineData("x.!.y", null)]
    [InlineData("x.eyJ.y", null)]
    [InlineData("opaque", null)]
    public void The_token_tells_who_the_container_is(string token, string? user)
    {
        _pod.WriteAccount("token", token);

        Assert.Equal(user, InCluster.User(Container));
    }

    [Theory]
    [InlineData("KUBERNETES_SERVICE_HOST", null, "KUBERNETES_SERVICE_HOST is not set; it is in every container of a pod, so run this in one")]
    [InlineData("KUBERNETES_SERVICE_HOST", "a b", "KUBERNETES_SERVICE_HOST is 'a b'; it must be an IP address or a host name")]
    [InlineData("KUBERNETES_SERVICE_PORT", "", "KUBERNETES_SERVICE_PORT is not set; it is in every container of a pod, so run this in one")]
    [InlineData("KUBERNETES_SERVICE_PORT", "0", "KUBERNETES_SERVICE_PORT is '0'; it must be a port, 1 to 65535")]
    [InlineData("KUBERNETES_SERVICE_PORT", "65536", "KUBERNETES_SERVICE_PORT is '65536'; it must be a port, 1 to 65535")]
    [InlineData("KUBERNETES_SERVICE_PORT", "https", "KUBERNETES_SERVICE_PORT is 'https'; it must be a port, 1 to 65535")]
    public void A_bad_variable_is_one_line_that_names_it(string name, string? value, string expected)
    {
        _pod.Variables.Remove(name);
        if (value is not null)
        {
            _pod.Variables[name] = value;
        }

        Assert.Null(InCluster.Find(Container, new FakeClock(), out var problem));
        Assert.Equal(expected, problem);
    }

    [Theory]
    [InlineData("token", null, "/token does not exist; set automountServiceAccountToken: true")]
    [InlineData("token", "\n", "/token is empty; set automountServiceAccountToken: true")]
    [InlineData("token", "one\ntwo", "/token is not a token")]
    [InlineData("ca.crt", null, "/ca.crt does not exist; set automountServiceAccountToken: true")]
    [InlineData("ca.crt", "rubbish", "/ca.crt holds no certificate; it must be a PEM bundle")]
    [InlineData("ca.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "/ca.crt holds no certificate")]
    public void A_bad_file_is_one_line_that_names_it(string name, string? text, string expected)
    {
        _pod.DeleteAccount(name);
        if (text is not null)
        {
            _pod.WriteAccount(name, text);
        }

        Assert.Null(InCluster.Find(Container, new FakeClock(), out var problem));
        Assert.Contains(InCluster.ServiceAccount + expected, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void The_namespace_is_the_service_accounts()
    {
        Assert.Equal("shop", InCluster.Namespace(Container, out var problem));
        Assert.Equal("", problem);
    }

    [Fact]
    public void A_namespace_that_is_not_there_can_be_named_instead()
    {
        _pod.DeleteAccount("namespace");

        Assert.Null(InCluster.Namespace(Container, out var problem));
        Assert.EndsWith("or name the namespace", problem, StringComparison.Ordinal);
    }

    public void Dispose() => _pod.Dispose();

    private ContainerEnvironment Container => new(_pod.Variables.GetValueOrDefault, _pod.Root);
}
