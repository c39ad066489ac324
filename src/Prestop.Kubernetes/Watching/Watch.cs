using System.Text.Json;
using Prestop.Core.Waiting;
using Prestop.Kubernetes.Client;
using Prestop.Kubernetes.Objects;

namespace Prestop.Kubernetes.Watching;

/// <summary>
/// An open watch. After an error or <see cref="WatchEventType.End"/> it has nothing more to say: the next watch goes on from
/// the last version that was reported, except after <see cref="ApiFault.Expired"/>, when a new list is due.
/// </summary>
/// <typeparam name="T">The objects' type.</typeparam>
public sealed class Watch<T> : IDisposable
    where T : class, IApiObject
{
    private readonly ApiConnection _connection;
    private readonly ApiCall _call;
    private readonly ObjectReader<T> _read;
    private readonly HttpResponseMessage _answer;
    private readonly LineReader _lines;
    private readonly DeadlineTokenSource _limit;
    private readonly CancellationToken _caller;

    internal Watch(
        ApiConnection connection, ApiCall call, ObjectReader<T> read, HttpResponseMessage answer, Stream body, DeadlineTokenSource limit, CancellationToken caller)
    {
        (_connection, _call, _read, _answer, _limit, _caller) = (connection, call, read, answer, limit, caller);
        _lines = new LineReader(body, ApiClient.LongestLine);
    }

    /// <summary>Waits for the next report. Ends with a cancellation when the caller who opened the watch calls it off.</summary>
    public async ValueTask<ApiResult<WatchEvent<T>>> NextAsync()
    {
        try
        {
            if (await _lines.NextAsync(_limit.Token) is not { } line)
            {
                return new WatchEvent<T>(WatchEventType.End, null, "");
            }

            (var seen, var failure) = WatchEvent<T>.Parse(line.Span, _read);
            return failure is null
                ? seen!
                : ApiConnection.Refusal(_call, failure.Code, failure, null);
        }
        catch (InvalidDataException)
        {
            return new ApiError(ApiFault.Expired, _call, $"an event is longer than {ApiClient.LongestLine} bytes");
        }
        catch (JsonException)
        {
            // What the event said is lost, so what is known may be wrong from here on.
            return new ApiError(ApiFault.Expired, _call, "an event makes no sense");
        }
        catch (Exception thrown) when (_connection.Describe(thrown, _call) is { } error)
        {
            _caller.ThrowIfCancellationRequested();
            return error;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _limit.Dispose();
        _answer.Dispose();
    }
}
