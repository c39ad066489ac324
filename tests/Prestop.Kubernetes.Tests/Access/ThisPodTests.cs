using Prestop.Kubernetes.Access;
using Prestop.Kubernetes.Objects;
using Prestop.Testing.ApiServer;
using Xunit;

namespace Prestop.Kubernetes.Tests;

public sealed class ThisPodTests : IDisposable
{
    private const string KubeletHosts = """
        # Kubernetes-managed hosts file.
        127.0.0.1	localhost
        ::1	localhost ip6-localhost ip6-loopback
        fe00::0	ip6-localnet
        10.1.2.3	web-7d9f.sub.shop.svc.cluster.local	web-7d9f
        fd00::2:3	web-7d9f

        # Entries added by HostAliases.
        10.9.9.9	database
        """;

    private readonly PodDirectory _pod = PodDirectory.Empty();

    [Fact]
    public void Is_known_by_its_address_in_every_spelling()
    {
        _pod.Variables["POD_IP"] = "fd00::2:3";

        Assert.True(Find().Is(EndpointAt("fd00:0:0:0::2:3")));
        Assert.False(Find().Is(EndpointAt("fd00::2:30")));
    }

    [Fact]
    public void An_address_is_equal_to_itself_mapped_to_the_other_family()
    {
        _pod.Variables["POD_IP"] = "::ffff:10.1.2.3";

        Assert.True(Find().Is(EndpointAt("10.1.2.3")));
    }

    [Fact]
    public void Is_known_by_all_of_its_addresses()
    {
        _pod.Variables["POD_IPS"] = "10.1.2.3, fd00::2:3";

        Assert.True(Find().Is(EndpointAt("10.1.2.3")));
        Assert.True(Find().Is(EndpointAt("fd00::2:3")));
    }

    [Fact]
    public void The_hosts_file_gives_the_addresses_of_both_families_and_no_others()
    {
        _pod.Variables["HOSTNAME"] = "web-7d9f";
        _pod.Write("etc/hosts", KubeletHosts);

        var pod = Find();

        Assert.Equal("10.1.2.3", pod.Label);
        Assert.True(pod.Is(EndpointAt("10.1.2.3")));
        Assert.True(pod.Is(EndpointAt("fd00::2:3")));
        Assert.False(pod.Is(EndpointAt("10.9.9.9")));
        Assert.False(pod.Is(EndpointAt("127.0.0.1")));
    }

    [Fact]
    public void The_hosts_file_adds_the_other_family_to_a_given_address()
    {
        _pod.Variables["POD_IP"] = "10.1.2.3";
        _pod.Variables["HOSTNAME"] = "web-7d9f";
        _pod.Write("etc/hosts", KubeletHosts);

        Assert.True(Find().Is(EndpointAt("fd00::2:3")));
    }

    [Fact]
    public void A_host_name_that_leads_to_loopback_only_is_no_address()
    {
        _pod.Variables["HOSTNAME"] = "node-1";
        _pod.Write("etc/hosts", "127.0.1.1 node-1\n");

        Assert.False(Find().HasAddress);
    }

    [Theory]
    [InlineData("web-7d9f", true)]
    [InlineData("web-7d9f0", false)]
    [InlineData("web-7d9", false)]
    public void Is_known_by_name(string name, bool same)
    {
        _pod.Variables["HOSTNAME"] = "web-7d9f";

        var pod = Find();

        Assert.False(pod.HasAddress);
        Assert.Equal("pod web-7d9f", pod.Label);
        Assert.Equal(same, pod.Is(EndpointAt("10.1.2.3", name)));
    }

    [Fact]
    public void The_host_name_file_stands_in_for_the_variable()
    {
        _pod.Write("etc/hostname", "web-7d9f\n");

        Assert.True(Find().Is(EndpointAt("10.1.2.3", "web-7d9f")));
    }

    [Fact]
    public void A_name_that_was_cut_to_fit_a_host_name_is_recognised()
    {
        var name = new string('a', 62) + "-b";
        _pod.Variables["HOSTNAME"] = new string('a', 62);

        Assert.True(Find().Is(EndpointAt("10.1.2.3", name)));
    }

    [Fact]
    public void A_pod_of_the_same_name_in_another_namespace_is_another()
    {
        _pod.Variables["HOSTNAME"] = "web-0";
        _pod.WriteAccount("namespace", "shop");

        Assert.True(Find().Is(EndpointAt("10.1.2.3", "web-0", "shop")));
        Assert.True(Find().Is(EndpointAt("10.1.2.3", "web-0", null)));
        Assert.False(Find().Is(EndpointAt("10.1.2.3", "web-0", "lab")));
    }

    [Fact]
    public void An_address_that_is_none_is_a_problem_that_names_the_field()
    {
        _pod.Variables["POD_IP"] = "$(STATUS_IP)";

        Assert.Null(ThisPod.Find(Container, out var problem));
        Assert.Equal("POD_IP holds '$(STATUS_IP)'; it must be an IP address: set it from status.podIP", problem);
    }

    [Fact]
    public void Without_anything_to_go_by_the_problem_says_what_to_set()
    {
        Assert.Null(ThisPod.Find(Container, out var problem));
        Assert.Equal("nothing tells which endpoint is this pod; set POD_IP from status.podIP (fieldRef)", problem);
    }

    public void Dispose() => _pod.Dispose();

    private ContainerEnvironment Container => new(_pod.Variables.GetValueOrDefault, _pod.Root);

    private static Endpoint EndpointAt(string address, string? pod = null, string? podNamespace = null) =>
        new() { Addresses = [address], IsReady = true, PodName = pod, PodNamespace = podNamespace };

    private ThisPod Find() => ThisPod.Find(Container, out _) ?? throw new InvalidOperationException();
}
