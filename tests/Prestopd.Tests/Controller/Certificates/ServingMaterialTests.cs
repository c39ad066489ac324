using System.Security.Cryptography.X509Certificates;
using Prestop.Kubernetes.Access;
using Prestopd.Controller.Certificates;
using Xunit;

namespace Prestopd.Tests.Controller.Certificates;

public sealed class ServingMaterialTests
{
    private const string Host = "prestop-controller.prestop.svc";
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);
    private static readonly ServingMaterial First = ServingMaterial.Make(Host, null, Now);

    [Fact]
    public void What_was_made_is_for_its_name_and_signed_by_the_authority_beside_it()
    {
        var shown = First.Open(Host, Now, out var problem);

        Assert.Equal(("", TimeSpan.FromDays(90)), (problem, shown!.To - Now));
        Assert.Null(First.Open("other.prestop.svc", Now, out problem));
        Assert.Equal("the certificate is not for other.prestop.svc", problem);
        Assert.Null((First with { Authorities = ServingMaterial.Make(Host, null, Now).Authorities }).Open(Host, Now, out problem));
        Assert.Equal("the certificate is not signed by its authority", problem);
    }

    [Fact]
    public void The_authority_may_sign_nothing_else_for_its_key_is_nowhere()
    {
        using var key = X509Certificate2.CreateFromPem(First.Chain, First.Key).GetECDsaPrivateKey();
        var authority = Assert.Single(ClusterAccess.AuthoritiesIn(First.Authorities)!);

        Assert.NotEqual(authority.GetECDsaPublicKey()!.ExportSubjectPublicKeyInfo(), key!.ExportSubjectPublicKeyInfo());
        Assert.Single(First.Key.Split("-----BEGIN"), part => part.Contains("PRIVATE KEY", StringComparison.Ordinal));
    }

    [Fact]
    public void Its_successor_is_trusted_beside_it_and_the_oldest_are_dropped()
    {
        var material = First;
        for (var renewal = 1; renewal < 6; renewal++)
        {
            material = ServingMaterial.Make(Host, material, Now.AddDays(renewal));
        }

        Assert.Equal(4, ClusterAccess.AuthoritiesIn(material.Authorities)!.Count);
        Assert.NotNull((ServingMaterial.Make(Host, First, Now.AddDays(60)) with { Chain = First.Chain, Key = First.Key }).Open(Host, Now.AddDays(60), out _));
        Assert.Single(ClusterAccess.AuthoritiesIn(ServingMaterial.Make(Host, First, Now.AddDays(91)).Authorities)!);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(59.9, false)]
    [InlineData(60.1, true)]
    [InlineData(89.9, true)]
    public void It_is_due_in_the_last_third_of_its_time(double days, bool isDue) =>
        Assert.Equal(isDue, First.Open(Host, Now.AddDays(days), out _)!.IsDue(Now.AddDays(days)));

    [Fact]
    public void What_cannot_be_used_is_said_without_a_secret()
    {
        Assert.Null(First.Open(Host, Now.AddDays(91), out var problem));
        Assert.Equal("the certificate has expired", problem);
        foreach (var damaged in (ServingMaterial[])[First with { Key = ServingMaterial.Make(Host, null, Now).Key }, First with { Chain = "x" }, First with { Key = "" }])
        {
            Assert.Null(damaged.Open(Host, Now, out problem));
            Assert.Equal("the certificate and its key cannot be read, or do not belong together", problem);
        }
    }
}
