using System.Net.Security;
using Prestopd.Hosting;

namespace Prestopd.Controller.Certificates;

/// <summary>
/// The certificate that new connections are shown, kept up to date. A new one is shown no earlier than at the look after the one that found it trusted, so that every API server
/// has heard of its authority; until then the old one is, which is trusted on. Before there is any, connections get one that nobody trusts: enough for probes.
/// </summary>
/// <param name="source">Where it comes from.</param>
/// <param name="log">Where it is told.</param>
/// <param name="time">The clock.</param>
internal sealed class ServingCertificate(ICertificateSource source, ServerLog log, TimeProvider time)
{
    /// <summary>From one look to the next. A caBundle that was reset, as by a deployment tool, is wrong for so long at most.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly SslStreamCertificateContext _provisional = Provisional(time.GetUtcNow());
    private ShownCertificate? _shown;
    private ServingMaterial? _material;
    private string _told = "";
    private int _changes;

    /// <summary>What is shown now.</summary>
    public SslStreamCertificateContext Context => Volatile.Read(ref _shown)?.Context ?? _provisional;

    /// <summary>Whether it is one that the API server trusts.</summary>
    public bool IsThere => Volatile.Read(ref _shown) is not null;

    /// <summary>How long it is still valid; null when there is none.</summary>
    public TimeSpan? Left => Volatile.Read(ref _shown) is { } shown ? shown.To - time.GetUtcNow() : null;

    /// <summary>How often another certificate was shown, or the API server was told whom to trust.</summary>
    public int Changes => Volatile.Read(ref _changes);

    /// <summary>Keeps it up to date until it is cancelled. To be run once.</summary>
    /// <param name="cancellation">Ends it.</param>
    public Task RunAsync(CancellationToken cancellation) => Periodic.RunAsync(Interval, LookAsync, time, cancellation);

    /// <summary>One look.</summary>
    /// <param name="cancellation">Ends it.</param>
    internal async Task LookAsync(CancellationToken cancellation)
    {
        var (material, problem) = await source.FindAsync(cancellation);
        if (material is null)
        {
            Tell(problem);
            return;
        }

        var (wasTrusted, distrust) = await source.TrustAsync(material, cancellation);
        if (distrust.Length > 0)
        {
            Tell(distrust);
            return;
        }

        if (!wasTrusted)
        {
            Interlocked.Increment(ref _changes);
        }

        Tell(problem);
        var now = time.GetUtcNow();
        var isNew = material.Chain != _material?.Chain;
        if (!isNew || (!wasTrusted && _shown is { } shown && shown.To > now))
        {
            return;
        }

        if (material.Open(source.Host, now, out problem) is not { } opened)
        {
            Tell(problem);
            return;
        }

        _material = material;
        Volatile.Write(ref _shown, opened);
        Interlocked.Increment(ref _changes);
        log.Info("certificate", $"shows a certificate that is valid until {opened.To.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}");
    }

    /// <summary>Tells a problem once, until it is another one.</summary>
    private void Tell(string problem)
    {
        if (problem.Length > 0 && problem != _told)
        {
            log.Warning("certificate_problem", problem);
        }

        _told = problem;
    }

    private static SslStreamCertificateContext Provisional(DateTimeOffset now) => ServingMaterial.Make("localhost", null, now).Open(null, now, out _)!.Context;
}
