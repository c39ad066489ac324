using Prestop.Core.Addresses;

namespace Prestop.Conditions.Traffic.Evidence;

/// <summary>What the kernel says of one connection that counts, at one look.</summary>
/// <param name="From">Its other end.</param>
/// <param name="At">When something last came on it, or when it opened if nothing did; counted from the start of the wait.</param>
/// <param name="Until">When it last counted against the quiet period: an answer does, too, or just that it exists.</param>
/// <param name="Segments">How many segments with data came on it.</param>
/// <param name="IsSmall">Whether it carried no more than one small exchange.</param>
internal readonly record struct Arrival(InternetAddress From, TimeSpan At, TimeSpan Until, uint Segments, bool IsSmall);
