using System.Runtime;
using System.Runtime.CompilerServices;

// All of the base class library that there is. The two compilers look these types up by name: csc, when it meets the C# that needs
// them, and ILC, NativeAOT's compiler, when it makes machine code. Beside each stands the rule that asks for it; without it the build
// stops. Nothing is ever allocated, thrown or reflected upon.
namespace System
{
    // csc: the root of every class. ILC: an object begins with the pointer to its method table.
    public class Object
    {
#pragma warning disable CS0169, IDE0044, IDE0051
        private nint _methodTable;
#pragma warning restore CS0169, IDE0044, IDE0051
    }

    // csc: what `void`, `bool`, `char` and the other keywords stand for, as far as they are used.
    public struct Void;

    public struct Boolean;

    public struct Char;

    public struct Byte;

    public struct Int16;

    public struct Int32;

    public struct UInt32
    {
        public const uint MaxValue = 0xFFFF_FFFF;
    }

    public struct Int64
    {
        public const long MaxValue = 0x7FFF_FFFF_FFFF_FFFF;
    }

    public struct UInt64;

    public struct IntPtr;

    public struct UIntPtr;

    public sealed class String;

    // csc: the base of every struct, enum and attribute.
    public abstract class ValueType;

    public abstract class Enum : ValueType;

    public abstract class Attribute;

    // csc: what it asks of every `var`, whether it is one.
    public abstract class Delegate;

    // csc: it marks structs with attributes of its own making, which are marked with this one.
    public sealed class AttributeUsageAttribute : Attribute
    {
        public AttributeUsageAttribute(AttributeTargets targets)
        {
        }

        public bool AllowMultiple { get; set; }

        public bool Inherited { get; set; }
    }

    public enum AttributeTargets;

    // csc: the type of "text"u8, made from the address of the bytes in the file.
#pragma warning disable CS8500 // T is byte.
    public readonly unsafe ref struct ReadOnlySpan<T>
    {
        private readonly T* _first;

        public ReadOnlySpan(void* first, int length)
        {
            _first = (T*)first;
            Length = length;
        }

        // csc: looked up for "text"u8 as well, never called.
        public ReadOnlySpan(T[] array, int start, int length) => this = default;

        public int Length { get; }

        public T this[int index] => _first[index];

        // csc: what `fixed` calls.
        public ref T GetPinnableReference() => ref *_first;
    }
#pragma warning restore CS8500

    // ILC: how a large struct is zeroed.
    internal static unsafe class SpanHelpers
    {
        private static void ClearWithoutReferences(ref byte first, nuint length)
        {
            fixed (byte* bytes = &first)
            {
                Fill(bytes, 0, length);
            }
        }

        [MethodImpl(MethodImplOptions.InternalCall), RuntimeImport("*", "memset")]
        private static extern void* Fill(byte* bytes, int value, nuint length);
    }
}

namespace System.Reflection
{
    // csc: marks a type that has an indexer.
    public sealed class DefaultMemberAttribute : Attribute
    {
        public DefaultMemberAttribute(string member)
        {
        }
    }
}

namespace System.Diagnostics.CodeAnalysis
{
    // csc: permits a struct to return a reference to itself.
    public sealed class UnscopedRefAttribute : Attribute;
}

namespace System.Runtime.InteropServices
{
    // csc: the size of a struct that is more than its fields.
    public sealed class StructLayoutAttribute : Attribute
    {
        public int Size;

        public StructLayoutAttribute(LayoutKind layout)
        {
        }
    }

    public enum LayoutKind
    {
        Sequential = 0,
    }
}

namespace System.Runtime.CompilerServices
{
    // csc: a method without a body. ILC: one that RuntimeImport names.
    public sealed class MethodImplAttribute : Attribute
    {
        public MethodImplAttribute(MethodImplOptions options)
        {
        }
    }

    public enum MethodImplOptions
    {
        InternalCall = 0x1000,
    }
}

namespace System.Runtime
{
    // ILC: the name that the linker finds a method by.
    public sealed class RuntimeExportAttribute : Attribute
    {
        public RuntimeExportAttribute(string name)
        {
        }
    }

    // ILC: the name of a function that the linker brings, called directly.
    public sealed class RuntimeImportAttribute : Attribute
    {
        public RuntimeImportAttribute(string library, string name)
        {
        }
    }
}

namespace Internal.Runtime.CompilerHelpers
{
    // ILC, on arm64: called before a division by zero, which x64 traps by itself.
    internal static class ThrowHelpers
    {
        private static void ThrowDivideByZeroException() => Sleep.LibC.Exit(1);
    }

    // ILC: it adds a start-up function for libraries, which calls these two around its work. Nobody calls it.
    internal static unsafe class LibraryStartup
    {
        [RuntimeExport("RhpReversePInvoke")]
        private static void Enter(void* frame)
        {
        }

        [RuntimeExport("RhpReversePInvokeReturn")]
        private static void Leave(void* frame)
        {
        }
    }
}
