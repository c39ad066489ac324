namespace Prestop.Http.Exchange;

/// <summary>
/// One request of HTTP/1.1 and its answer on a connection that serves nothing else. <see cref="HttpClient"/> is made for more, and so cannot
/// do this: it repeats a request on its own account, refuses a body's header fields where there is no body, and takes the name that TLS
/// verifies from the Host field.
/// </summary>
public static class HttpExchange
{
    private const int ReadingSize = 4096;

    /// <summary>Sends a request and reads the head of the answer, or all of it; what the answer says beside its status is not kept.</summary>
    /// <param name="connection">The connection. It can carry no other request.</param>
    /// <param name="request">The whole request.</param>
    /// <param name="hasNoBody">Whether the answer ends with its head, as one to HEAD does.</param>
    /// <param name="isToEnd">Tells by the status whether the end of the body is waited for.</param>
    /// <param name="cancellation">Ends the exchange.</param>
    /// <returns>The status.</returns>
    /// <exception cref="InvalidDataException">The answer is none, or ended too soon: the message says which.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public static async Task<int> RunAsync(
        Stream connection, ReadOnlyMemory<byte> request, bool hasNoBody, Predicate<int> isToEnd, CancellationToken cancellation)
    {
        // An answer may come before the request is sent whole: nobody waits for the sending, and what is wrong with it shows in the reading.
        _ = connection.WriteAsync(request, cancellation).AsTask();
        var answer = new AnswerReader(hasNoBody);
        var buffer = new byte[ReadingSize];
        while (!answer.IsOver && !(answer.IsHeadOver && !isToEnd(answer.Status)))
        {
            var length = await connection.ReadAsync(buffer, cancellation);
            if (length == 0)
            {
                answer.Close();
                break;
            }

            answer.Take(buffer.AsSpan(0, length));
        }

        return answer.Status;
    }
}
