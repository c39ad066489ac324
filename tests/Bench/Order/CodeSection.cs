namespace Bench.Order;

/// <summary>A piece of code that the linker can move: a function, or all functions of one object file, as its compiler was told.</summary>
/// <param name="Address">Where it is in the program.</param>
/// <param name="Size">Its length, in bytes.</param>
/// <param name="Origin">The object file and the section: <c>libc.a(strlen-avx2.o):(.text.avx)</c>.</param>
internal sealed record CodeSection(ulong Address, ulong Size, string Origin)
{
    /// <summary>The names of what is in it.</summary>
    public List<string> Symbols { get; } = [];

    /// <summary>The name that tells the linker of it, if it has any: the one that the fewest other sections have too.</summary>
    public string? Name { get; set; }
}
