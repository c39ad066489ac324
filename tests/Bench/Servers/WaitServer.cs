using System.Security.Cryptography.X509Certificates;

namespace Bench.Servers;

/// <summary>An endpoint on loopback that answers at once, late, never, or that it is not yet time.</summary>
internal sealed class WaitServer : LoopbackServer
{
    private volatile int _held;
    private volatile int _refused;

    /// <summary>Serves http, or https with <paramref name="certificate"/>.</summary>
    public WaitServer(X509Certificate2? certificate = null)
        : base(certificate)
    {
    }

    public static TimeSpan Lateness { get; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Answers as soon as it is asked.</summary>
    public string AtOnce => Url("now");

    /// <summary>Answers <see cref="Lateness"/> after it is asked.</summary>
    public string Late => Url("late");

    /// <summary>Takes the request and never answers.</summary>
    public string Never => Url("never");

    /// <summary>Answers 503 at once and closes the connection.</summary>
    public string NotYet => Url("not-yet");

    /// <summary>How many requests for <see cref="NotYet"/> have come in so far.</summary>
    public int Refused => _refused;

    /// <summary>How many requests for <see cref="Never"/> have come in so far.</summary>
    public int Held => _held;

    /// <inheritdoc/>
    protected override void Answer(string target, Stream client)
    {
        if (target == "/never")
        {
            _ = Interlocked.Increment(ref _held);
            client.ReadByte();
        }

        if (target == "/late")
        {
            Thread.Sleep(Lateness);
        }

        var isRefused = target == "/not-yet";
        client.Write(isRefused ? "HTTP/1.1 503 Not yet\r\n"u8 : "HTTP/1.1 200 OK\r\n"u8);
        client.Write("Content-Length: 0\r\nConnection: close\r\n\r\n"u8);
        if (isRefused)
        {
            _ = Interlocked.Increment(ref _refused);
        }
    }
}
