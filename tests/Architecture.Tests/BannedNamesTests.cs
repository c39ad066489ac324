using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Xunit;

namespace Architecture.Tests;

/// <summary>Reads what compiled code refers to, so that neither an alias nor a comment can mislead.</summary>
public class BannedNamesTests
{
    private static readonly string[] Impure =
    [
        "System.Console", "System.Environment", "System.Net.Sockets.Socket", "System.Diagnostics.Process", "System.IO.File",
        "System.Threading.Thread.Sleep", "System.DateTime.get_Now", "System.DateTime.get_UtcNow",
        "System.DateTimeOffset.get_Now", "System.DateTimeOffset.get_UtcNow", "System.TimeProvider.get_System",
    ];

    private static readonly string[] RealTime =
    [
        "System.Threading.Thread.Sleep", "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTimeOffset.get_Now",
        "System.DateTimeOffset.get_UtcNow", "System.Environment.get_TickCount64", "System.Diagnostics.Stopwatch", "System.Environment.Exit",
    ];

    /// <summary>The assemblies that stand on Core and Linux, the programs among them.</summary>
    public static TheoryData<string> AboveLinux =>
        ["Prestop.Http", "Prestop.Conditions", "Prestop.Kubernetes", "Prestop.Elb", "Prestop.Kubeconfig", "prestop", "prestopd"];

    [Fact]
    public void Core_knows_no_input_no_output_and_no_clock_of_its_own() => Assert.Empty(Named("Prestop.Core", Impure));

    [Theory]
    [InlineData("Prestop.Linux")]
    [MemberData(nameof(AboveLinux))]
    public void Time_is_a_TimeProvider_and_nobody_but_Main_exits(string assembly) => Assert.Empty(Named(assembly, RealTime));

    [Theory]
    [InlineData("Prestop.Core")]
    [MemberData(nameof(AboveLinux))]
    public void Only_Linux_calls_native_code(string assembly)
    {
        using var file = Open(assembly);
        var metadata = file.GetMetadataReader();

        Assert.DoesNotContain(
            metadata.MethodDefinitions.Select(metadata.GetMethodDefinition),
            method => method.Attributes.HasFlag(MethodAttributes.PinvokeImpl));
    }

    private static IEnumerable<string> Named(string assembly, string[] banned)
    {
        using var file = Open(assembly);
        var metadata = file.GetMetadataReader();
        var names = new HashSet<string>();
        foreach (var handle in metadata.MemberReferences)
        {
            var member = metadata.GetMemberReference(handle);
            if (member.Parent.Kind is HandleKind.TypeReference)
            {
                var type = metadata.GetTypeReference((TypeReferenceHandle)member.Parent);
                var typeName = $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
                names.Add(typeName);
                names.Add($"{typeName}.{metadata.GetString(member.Name)}");
            }
        }

        return banned.Where(names.Contains);
    }

    private static PEReader Open(string assembly) => new(File.OpenRead(Path.Combine(AppContext.BaseDirectory, assembly + ".dll")));
}
