using System.Reflection;

namespace Prestopd;

/// <summary>The version of this program.</summary>
internal static class ProductVersion
{
    /// <summary>As in the project's <c>Version</c> property.</summary>
    public static string Text { get; } = typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
}
