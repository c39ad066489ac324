using FsCheck;
using FsCheck.Fluent;
using Prestop.Conditions.Traffic.Evidence;
using Xunit;

namespace Prestop.Conditions.Tests.Traffic;

public sealed class ProbeHabitTests
{
    private readonly List<double> _traffic = [];
    private readonly ProbeHabit _habit;

    public ProbeHabitTests() => _habit = new ProbeHabit(exchange => _traffic.Add(exchange.At.TotalSeconds));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(10)]
    [InlineData(60)]
    public void Three_at_even_intervals_are_a_probe(double period)
    {
        Assert.Null(Add(0.3));
        Assert.Null(Add(0.3 + period));
        Assert.Equal([0.3, 0.3 + period], Unexplained);

        Assert.Equal(period, Add(0.3 + (2 * period))!.Value, 0.001);
        Assert.Empty(Unexplained);
    }

    [Theory]
    [InlineData(5, 5.74)]
    [InlineData(5, 4.35)]
    [InlineData(1, 1.14)]
    [InlineData(1, 0.86)]
    public void Nearly_even_is_even(double first, double second)
    {
        Add(0);
        Add(first);

        Assert.NotNull(Add(first + second));
    }

    [Theory]
    [InlineData(5, 6)]
    [InlineData(5, 4.1)]
    [InlineData(1, 1.2)]
    [InlineData(1, 0.82)]
    [InlineData(0.5, 0.5)]
    public void Uneven_is_not_and_neither_is_what_comes_more_often_than_a_probe_can(double first, double second)
    {
        Add(0);
        Add(first);

        Assert.Null(Add(first + second));
        Assert.Equal(3, Unexplained.Length);
    }

    [Fact]
    public void What_comes_between_two_probes_is_traffic_and_the_probes_are_not()
    {
        Add(0, 5, 10, 12.5, 15, 20);

        Assert.Equal([12.5], Unexplained);
    }

    [Fact]
    public void A_check_that_is_late_and_one_that_is_missing_change_nothing()
    {
        Add(0, 1, 2, 3, 4.14, 5, 6, 8, 9);

        Assert.Empty(Unexplained);
        Assert.True(_habit.IsKnown);
    }

    [Fact]
    public void What_stops_was_traffic_from_its_first_connection_on()
    {
        Add(1, 3, 5, 7, 9);
        Assert.Empty(Unexplained);

        _habit.GiveUpStopped(At(13.2));
        Assert.Empty(Unexplained);

        _habit.GiveUpStopped(At(13.4));
        Assert.Equal([5, 7, 9], Unexplained);
        Assert.Equal([3, 1], _traffic);
        Assert.False(_habit.IsKnown);
    }

    [Fact]
    public void Probes_of_several_containers_are_told_apart()
    {
        Add(0.2, 2.9, 3.3, 5.2, 7.9, 10.2, 12.9, 13.3, 15.2, 17.9, 20.2, 22.9);
        Assert.Equal([3.3, 13.3], Unexplained);

        Assert.Equal(10, Add(23.3)!.Value, 0.001);
        Assert.Empty(Unexplained);
    }

    [Fact]
    public void A_connection_that_is_open_when_its_probe_is_due_is_expected()
    {
        Add(0, 5, 10);

        Assert.True(_habit.Expects(At(15.1)));
        Assert.True(_habit.Expects(At(20)));
        Assert.False(_habit.Expects(At(12.5)));
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.25)]
    [InlineData(0.3)]
    [InlineData(0.4)]
    public void Many_connections_from_one_address_are_traffic_however_even(double interval)
    {
        for (var i = 0; i < 1_000; i++)
        {
            Add(i * interval);
        }

        Assert.False(_habit.IsKnown);
        Assert.Equal(1_000, _traffic.Count + Unexplained.Length);
    }

    [Fact]
    public void No_connection_is_lost_whatever_the_order()
    {
        Prop.ForAll(Gen.Choose(0, 40_000).ListOf().ToArbitrary(), moments =>
        {
            var traffic = new List<TimeSpan>();
            var habit = new ProbeHabit(exchange => traffic.Add(exchange.At));
            foreach (var moment in moments.Order())
            {
                habit.Add(new Exchange(TimeSpan.FromMilliseconds(moment), TimeSpan.FromMilliseconds(moment)));
            }

            // Of what was a probe for long only the last three moments are kept, but each is counted.
            habit.GiveUp();
            return traffic.Count == moments.Count && habit.Unexplained.IsEmpty
                && (moments.Count == 0 || traffic.Max() == TimeSpan.FromMilliseconds(moments.Max()));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));
    }

    private double[] Unexplained => [.. _habit.Unexplained.ToArray().Select(exchange => exchange.At.TotalSeconds)];

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private double? Add(double seconds) => _habit.Add(new Exchange(At(seconds), At(seconds)))?.TotalSeconds;

    private void Add(params double[] seconds) => Array.ForEach(seconds, moment => Add(moment));
}
