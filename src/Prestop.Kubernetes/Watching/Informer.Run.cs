using Prestop.Core.Waiting;
using Prestop.Kubernetes.Client;

namespace Prestop.Kubernetes.Watching;

public sealed partial class Informer<T>
{
    // A server, or a proxy before it, that ends watches as soon as they are open would be asked without pause.
    private static readonly TimeSpan ShortestWatch = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _listed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the copy is complete for the first time, also when the API server does not serve the kind.</summary>
    public Task Listed => _listed.Task;

    /// <summary>
    /// Keeps the copy up to date until it is cancelled: lists, watches, lists again when the server has forgotten the version, waits longer
    /// and longer after failures in a row. Returns when it is cancelled. To be run once.
    /// </summary>
    /// <param name="observer">Is told what happens.</param>
    /// <param name="settings">How often what is done.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task RunAsync(IInformerObserver<T> observer, InformerSettings settings, CancellationToken cancellation)
    {
        var run = new Run(this, observer, settings);
        try
        {
            while (true)
            {
                var pause = IsCurrent ? await run.WatchAsync(cancellation) : await run.ListAsync(cancellation);
                if (!await Pause.UntilAsync(pause, settings.Time.GetTimestamp(), settings.Time, cancellation))
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }
    }

    /// <summary>What the loop remembers from one step to the next. Each step returns how long to wait before the next one.</summary>
    private sealed class Run(Informer<T> informer, IInformerObserver<T> observer, InformerSettings settings)
    {
        private readonly Backoff _backoff = new(settings.FirstBackoff, settings.LongestBackoff, settings.Random);
        private long _resyncedAt = settings.Time.GetTimestamp();
        private bool _isUnserved;

        public async Task<TimeSpan> ListAsync(CancellationToken cancellation)
        {
            // Only a watch changes the table itself, and none is open: the list puts another one in its place.
            var before = informer._items;
            var error = await informer.ListAsync(cancellation);

            // A namespace that is not there has an empty list: a 404 is about the kind.
            var isUnserved = error is { Fault: ApiFault.NotFound };
            if (isUnserved)
            {
                informer.Replace([]);
            }
            else if (error is not null)
            {
                return Failed(error);
            }

            TellDifference(before);
            informer._listed.TrySetResult();
            if (isUnserved && !_isUnserved)
            {
                observer.OnUnserved(error!, settings.AskForUnserved);
            }

            _isUnserved = isUnserved;
            return isUnserved ? settings.AskForUnserved : TimeSpan.Zero;
        }

        public async Task<TimeSpan> WatchAsync(CancellationToken cancellation)
        {
            ResyncWhenDue();
            var openedAt = settings.Time.GetTimestamp();
            var changes = 0;
            var error = await informer.WatchAsync(
                change =>
                {
                    changes++;
                    observer.OnChange(change);
                    return true;
                },
                cancellation);
            if (changes > 0 || (error is null && settings.Time.GetElapsedTime(openedAt) >= ShortestWatch))
            {
                _backoff.Reset();
            }

            return error is not null ? Failed(error)
                : settings.Time.GetElapsedTime(openedAt) < ShortestWatch ? _backoff.Next()
                : TimeSpan.Zero;
        }

        private TimeSpan Failed(ApiError error)
        {
            var again = (error.RetryAfter ?? TimeSpan.Zero) + _backoff.Next();
            if (error.Fault is not (ApiFault.Expired or ApiFault.NotFound))
            {
                observer.OnFailure(error, again);
            }

            return again;
        }

        private void TellDifference(Dictionary<string, T> before)
        {
            foreach (var item in informer.Snapshot())
            {
                before.Remove(Key(item), out var old);
                if (old is null || old.Metadata.ResourceVersion != item.Metadata.ResourceVersion)
                {
                    ReportPresent(item, old, Tell);
                }
            }

            foreach (var gone in before.Values)
            {
                observer.OnChange(new Change<T>(ChangeType.Deleted, gone, gone));
            }
        }

        private void ResyncWhenDue()
        {
            if (settings.Resync is { } period && settings.Time.GetElapsedTime(_resyncedAt) >= period)
            {
                _resyncedAt = settings.Time.GetTimestamp();
                foreach (var item in informer.Snapshot())
                {
                    observer.OnChange(new Change<T>(ChangeType.Resynced, item, item));
                }
            }
        }

        private bool Tell(Change<T> change)
        {
            observer.OnChange(change);
            return true;
        }
    }
}
