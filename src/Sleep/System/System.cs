using System.Runtime;
using System.Runtime.CompilerServices;

namespace System;

public class Object
{
#pragma warning disable CS0169, IDE0044, IDE0051
    private nint _methodTable;
#pragma warning restore CS0169, IDE0044, IDE0051
}

public struct Void;

public struct Boolean;

public struct Char;

public struct SByte;

public struct Byte;

public struct Int16;

public struct UInt16;

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

public struct Single;

public struct Double;

public abstract class ValueType;

public abstract class Enum : ValueType;

public struct Nullable<T>
    where T : struct;

public abstract class Array;

public sealed class String
{
    public readonly int Length;
}

public abstract class Delegate;

public abstract class MulticastDelegate : Delegate;

public class Exception;

public struct RuntimeTypeHandle;

public struct RuntimeMethodHandle;

public struct RuntimeFieldHandle;

public abstract class Attribute;

public enum AttributeTargets
{
    All = 32767,
}

public sealed class AttributeUsageAttribute : Attribute
{
    public AttributeUsageAttribute(AttributeTargets validOn)
    {
    }

    public bool AllowMultiple { get; set; }

    public bool Inherited { get; set; }
}

public readonly unsafe ref struct ReadOnlySpan<T>
{
    private readonly void* _first;
    private readonly int _length;

    public ReadOnlySpan(void* first, int length)
    {
        _first = first;
        _length = length;
    }

    public ReadOnlySpan(T[] array, int start, int length)
    {
        _first = null;
        _length = 0;
    }

    public int Length => _length;

#pragma warning disable CS8500
    public ref readonly T this[int index] => ref ((T*)_first)[index];

    public ref readonly T GetPinnableReference() => ref *(T*)_first;
#pragma warning restore CS8500
}

internal static unsafe class SpanHelpers
{
    private static void ClearWithoutReferences(ref byte first, nuint length)
    {
        fixed (byte* bytes = &first)
            SetMemory(bytes, 0, length);
    }

    [MethodImpl(MethodImplOptions.InternalCall), RuntimeImport("*", "memset")]
    private static extern void* SetMemory(byte* bytes, int value, nuint length);
}

internal static unsafe class RuntimeCalls
{
    [RuntimeExport("RhpReversePInvoke")]
    private static void EnterManaged(void* frame)
    {
    }

    [RuntimeExport("RhpReversePInvokeReturn")]
    private static void LeaveManaged(void* frame)
    {
    }
}
