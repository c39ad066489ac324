using Prestop.Testing;

namespace Prestopd.Tests.Controller.Model;

/// <summary>A machine's clock: its wall time may be set, and goes on from there.</summary>
/// <param name="clock">What makes time pass.</param>
internal sealed class ModelClock(FakeClock clock) : TimeProvider
{
    /// <summary>How far the wall time is ahead.</summary>
    public TimeSpan Offset { get; set; }

    public override long TimestampFrequency => clock.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => clock.LocalTimeZone;

    public override long GetTimestamp() => clock.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() + Offset;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => clock.CreateTimer(callback, state, dueTime, period);
}
