namespace Internal.Runtime.CompilerHelpers;

/// <summary>ILC, arm64: called before a division whose divisor is not known, when that is zero.</summary>
internal static class ThrowHelpers
{
    public static void ThrowDivideByZeroException() => Sleep.LibC.Exit(1);
}
