namespace System.Runtime.CompilerServices
{
    public sealed class MethodImplAttribute : Attribute { public MethodImplAttribute(MethodImplOptions options) { } }
    public enum MethodImplOptions { InternalCall = 0x1000 }
    public sealed class IsReadOnlyAttribute : Attribute { }
    public sealed class IsByRefLikeAttribute : Attribute { }
    public sealed class RefSafetyRulesAttribute : Attribute { public RefSafetyRulesAttribute(int version) { } }
    public static class RuntimeFeature { public const string ByRefFields = nameof(ByRefFields); public const string UnmanagedSignatureCallingConvention = nameof(UnmanagedSignatureCallingConvention); }
    public static class RuntimeHelpers { }
}
namespace System.Runtime.InteropServices
{
    public enum LayoutKind { Sequential = 0 }
    public sealed class StructLayoutAttribute : Attribute { public int Size; public StructLayoutAttribute(LayoutKind kind) { } }
    public sealed class InAttribute : Attribute { }
}
namespace System.Runtime
{
    public sealed class RuntimeExportAttribute : Attribute { public RuntimeExportAttribute(string name) { } }
    public sealed class RuntimeImportAttribute : Attribute { public RuntimeImportAttribute(string library, string name) { } }
}
namespace System.Diagnostics.CodeAnalysis
{
    public sealed class UnscopedRefAttribute : Attribute { }
}
namespace System.Reflection { public sealed class DefaultMemberAttribute : Attribute { public DefaultMemberAttribute(string name) { } } }
