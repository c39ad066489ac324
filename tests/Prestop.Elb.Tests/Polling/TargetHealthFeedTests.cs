using Prestop.Elb.Client;
using Prestop.Elb.Polling;
using Prestop.Elb.Tests.ElbService;
using Prestop.Testing;
using Xunit;

namespace Prestop.Elb.Tests.Polling;

public sealed class TargetHealthFeedTests : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly FakeClock _clock = new();
    private readonly ElbModel _model;
    private readonly ModelElb _elb;
    private readonly TargetHealthFeed _feed;
    private readonly ModelGroup _group;

    public TargetHealthFeedTests()
    {
        _model = new ElbModel(_clock);
        _elb = new ModelElb(_model);
        _feed = new TargetHealthFeed(_elb, Interval, _clock, new Random(1));
        _group = _model.AddGroup("web", null);
        _group.Set("10.0.1.7", "healthy");
    }

    public void Dispose() => _feed.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public void A_group_is_looked_at_once_an_interval_however_many_watch(int watchers)
    {
        _clock.Run(async () =>
        {
            var watches = Enumerable.Range(0, watchers).Select(_ => _feed.Watch(_group.Arn)).ToList();
            for (var look = 0; look < 12; look++)
            {
                var seen = await Task.WhenAll(watches.Select(watch => watch.NextAsync(default)));
                Assert.All(seen, one => Assert.Same(seen[0], one));
            }

            return 0;
        });

        var looks = _elb.LooksAt(_group).ToList();
        Assert.Equal(12, looks.Count);
        Assert.All(looks.Zip(looks.Skip(1), (one, next) => next - one), gap => Assert.InRange(gap, Interval, (1.02 * Interval) + TimeSpan.FromMilliseconds(1)));
    }

    [Fact]
    public void The_first_look_is_at_once_and_shared_the_moment_it_ends()
    {
        var at = _clock.Run(async () =>
        {
            using var watch = _feed.Watch(_group.Arn);
            await watch.NextAsync(default);
            return _clock.Now;
        });

        Assert.Equal(TimeSpan.FromMilliseconds(20), at);
    }

    [Fact]
    public void A_group_that_nobody_watches_is_not_looked_at()
    {
        _clock.Run(async () =>
        {
            var watch = _feed.Watch(_group.Arn);
            await watch.NextAsync(default);
            watch.Dispose();
            watch.Dispose();
            await Task.Delay(TimeSpan.FromHours(1), _clock);
            return 0;
        });

        Assert.Single(_elb.Calls);
        Assert.Equal(0, _feed.Groups);
    }

    [Fact]
    public void Who_comes_back_soon_does_not_make_looks_come_sooner()
    {
        _clock.Run(async () =>
        {
            for (var i = 0; i < 200; i++)
            {
                using var watch = _feed.Watch(_group.Arn);
                await Task.Delay(TimeSpan.FromMilliseconds(100), _clock);
            }

            return 0;
        });

        Assert.InRange(_elb.Calls.Count, 4, 5);
    }

    [Fact]
    public void A_look_that_began_before_one_watches_is_not_given_to_one()
    {
        _elb.Latency = () => TimeSpan.FromSeconds(2);

        var (first, second) = _clock.Run(async () =>
        {
            using var early = _feed.Watch(_group.Arn);
            var firstLook = early.NextAsync(default);
            await Task.Delay(TimeSpan.FromSeconds(1), _clock);
            using var late = _feed.Watch(_group.Arn);
            var secondLook = late.NextAsync(default);
            return (await firstLook, await secondLook);
        });

        Assert.Equal(TimeSpan.Zero, first.Asked);
        Assert.True(second.Asked >= TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void A_target_that_goes_is_absent_and_remembered_for_a_while()
    {
        _clock.Run(async () =>
        {
            using var watch = _feed.Watch(_group.Arn);
            await watch.NextAsync(default);
            _group.Set("10.0.1.7", "");
            var gone = (await watch.NextAsync(default)).Targets["10.0.1.7"].Single().Sighting;
            Assert.Equal(TargetState.Absent, gone.State);
            Assert.True(gone.HasLeft);

            await Task.Delay(TargetHealthFeed.Remembered - TimeSpan.FromSeconds(30), _clock);
            Assert.Single((await watch.NextAsync(default)).Targets);
            await Task.Delay(TimeSpan.FromMinutes(1), _clock);
            await watch.NextAsync(default);
            Assert.Empty((await watch.NextAsync(default)).Targets);
            return 0;
        });
    }

    [Fact]
    public void A_look_that_fails_is_shared_too_and_what_was_known_stays_known()
    {
        _clock.Run(async () =>
        {
            using var watch = _feed.Watch(_group.Arn);
            var good = await watch.NextAsync(default);
            _elb.Fault = _ => new ElbError(ElbFault.Throttled, "DescribeTargetHealth", "AWS throttles DescribeTargetHealth");
            var bad = await watch.NextAsync(default);

            Assert.Equal(ElbFault.Throttled, bad.Error?.Fault);
            Assert.Equal(good.Targets["10.0.1.7"].Single(), bad.Targets["10.0.1.7"].Single());
            return 0;
        });
    }

    [Fact]
    public void A_fault_of_the_program_reaches_those_who_watch_and_looking_goes_on()
    {
        _clock.Run(async () =>
        {
            using var watch = _feed.Watch(_group.Arn);
            _elb.Fault = _ => throw new InvalidOperationException("a bug");
            Assert.Equal("DescribeTargetHealth failed: a bug", (await watch.NextAsync(default)).Error?.Message);

            _elb.Fault = _ => null;
            Assert.Null((await watch.NextAsync(default)).Error);
            return 0;
        });
    }

    [Fact]
    public void A_group_that_is_deleted_has_no_targets()
    {
        _clock.Run(async () =>
        {
            using var watch = _feed.Watch(_group.Arn);
            await watch.NextAsync(default);
            _model.Delete(_group);
            var look = await watch.NextAsync(default);

            Assert.Null(look.Error);
            Assert.Equal(TargetState.Absent, look.Targets["10.0.1.7"].Single().Sighting.State);
            return 0;
        });
    }

    [Fact]
    public void Every_port_of_a_target_and_every_spelling_of_its_address_is_found()
    {
        _group.Set("10.0.1.7", "draining", port: 9090);
        _group.Set("2001:DB8:0:0:0:0:0:7", "healthy");

        var look = _clock.Run(async () =>
        {
            using var watch = _feed.Watch(_group.Arn);
            return await watch.NextAsync(default);
        });

        Assert.Equal([(8080, TargetState.Healthy), (9090, TargetState.Draining)], look.Targets["10.0.1.7"].Select(target => (target.Port, target.Sighting.State)).Order());
        Assert.Single(look.Targets[GroupLook.Id("2001:db8::7")]);
    }
}
