using Prestop.Core.Plans;
using Prestop.Core.Waiting;
using Prestop.Options;

namespace Prestop.Report;

/// <summary>
/// Tells what a plan does: a line when something changes and one every ten seconds, every attempt when asked to; on a
/// terminal one line that changes in place.
/// </summary>
internal sealed class Narrator : IPlanObserver, IDisposable
{
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LiveRefresh = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly Dictionary<Step, Progress> _running = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Step, Progress> _ended = new(ReferenceEqualityComparer.Instance);
    private readonly Log _log;
    private readonly LogDetail _detail;
    private readonly bool _isOneStep;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    /// <summary>Begins to tell.</summary>
    /// <param name="plan">What is told about.</param>
    /// <param name="log">Where to.</param>
    /// <param name="detail">How much.</param>
    /// <param name="time">The clock.</param>
    public Narrator(Plan plan, Log log, LogDetail detail, TimeProvider time)
    {
        (_isOneStep, _log, _detail, _time) = (plan.Steps.Count == 1, log, detail, time);
        var period = log.IsLive ? LiveRefresh : SignOfLife;
        _timer = time.CreateTimer(static self => ((Narrator)self!).ShowLife(), this, period, period);
    }

    /// <inheritdoc/>
    public void Started(Step step, TimeSpan longest)
    {
        lock (_lock)
        {
            _running[step] = new Progress(_time.GetTimestamp(), longest);
            if (_log.IsLive)
            {
                ShowLive(step);
            }
            else
            {
                Tell(new LogEntry(LogEvent.Started) { Step = step.Text, IsPause = step is PauseStep, Longest = longest });
            }
        }
    }

    /// <inheritdoc/>
    public void Looked(Step step, Observation observation)
    {
        lock (_lock)
        {
            var progress = _running[step];
            var changed = progress.Last is not { } last || observation.IsNewsAfter(last);
            progress.Last = observation;
            foreach (var warning in observation.Warnings)
            {
                Tell(new LogEntry(LogEvent.Warning) { Step = step.Text, Seen = warning });
            }

            if (observation.Note is { } note)
            {
                Tell(new LogEntry(LogEvent.Noted) { Step = step.Text, Seen = note });
            }

            if (_log.IsLive)
            {
                ShowLive(step);
            }
            else if (_detail is LogDetail.Attempts || (changed && observation.Finding is not Finding.Met))
            {
                Tell(Entry(LogEvent.Looked, step, progress));
            }
        }
    }

    /// <inheritdoc/>
    public void Ended(Step step, WaitResult result)
    {
        lock (_lock)
        {
            _running.Remove(step, out var progress);
            _ended[step] = progress!;
            if (result.End is not WaitEnd.Cancelled && !_isOneStep)
            {
                Tell(new LogEntry(LogEvent.Ended)
                {
                    Step = step.Text,
                    IsPause = step is PauseStep,
                    Finding = progress?.Last?.Finding,
                    End = result.End,
                    Seen = result.Seen,
                    Elapsed = result.Elapsed,
                });
            }
        }
    }

    /// <inheritdoc/>
    public void HoldsUntilMin(TimeSpan left, IReadOnlyList<Step> watched)
    {
        lock (_lock)
        {
            foreach (var step in watched)
            {
                _running[step] = new Progress(_time.GetTimestamp(), left);
            }

            var conditions = watched.Count == 0 ? null : string.Join(", ", watched.Select(step => step.Text));
            Tell(new LogEntry(LogEvent.Holding) { Step = conditions, Longest = left });
        }
    }

    /// <summary>Says how the plan ended.</summary>
    /// <param name="result">The end.</param>
    /// <param name="signal">The name of the signal that called it off, if one did.</param>
    public void Close(PlanResult result, string signal)
    {
        var isOneStep = _isOneStep || result.End is WaitEnd.Met;
        Tell(new LogEntry(EventOf(result))
        {
            Step = isOneStep ? null : result.Step.Text,
            IsPause = result.Step is PauseStep,
            End = result.End,
            Seen = result.End is WaitEnd.Cancelled ? signal : result.Seen,
            Callers = result.End is WaitEnd.DeadlineExceeded ? LastOf(result.Step)?.Callers ?? [] : [],
            Elapsed = result.Elapsed,
        });
    }

    /// <summary>Says something outside of the plan's run.</summary>
    /// <param name="entry">What.</param>
    public void Tell(in LogEntry entry)
    {
        lock (_lock)
        {
            if (_detail is not LogDetail.Failures || entry.Event is LogEvent.Failed or LogEvent.WentOn)
            {
                _log.Write(entry);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private Observation? LastOf(Step step) => (_running.GetValueOrDefault(step) ?? _ended.GetValueOrDefault(step))?.Last;

    private static LogEvent EventOf(PlanResult result) => result.End switch
    {
        WaitEnd.Met => LogEvent.Done,
        WaitEnd.Cancelled => LogEvent.Interrupted,
        _ => result.GoesOn ? LogEvent.WentOn : LogEvent.Failed,
    };

    private void ShowLife()
    {
        lock (_lock)
        {
            foreach ((var step, var progress) in _running)
            {
                if (_log.IsLive)
                {
                    ShowLive(step);
                }
                else
                {
                    Tell(Entry(LogEvent.Waiting, step, progress));
                }
            }
        }
    }

    private void ShowLive(Step step)
    {
        var others = _running.Count > 1 ? $" (and {_running.Count - 1} more)" : "";
        _log.WriteLive(TextForm.Words(Entry(LogEvent.Waiting, step, _running[step])) + others);
    }

    private LogEntry Entry(LogEvent kind, Step step, Progress progress) => new(kind)
    {
        Step = step.Text,
        IsPause = step is PauseStep,
        Finding = progress.Last?.Finding,
        Seen = progress.Last?.Seen,
        Callers = progress.Last?.Callers ?? [],
        Elapsed = _time.GetElapsedTime(progress.Start),
        Longest = progress.Longest,
    };

    private sealed class Progress(long start, TimeSpan longest)
    {
        public long Start { get; } = start;

        public TimeSpan Longest { get; } = longest;

        public Observation? Last { get; set; }
    }
}
