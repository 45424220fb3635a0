using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Client;

namespace NodeAgent.Kubelet.Identity;

/// <summary>Keeps one certificate of the node alive: asks for the next before the one in use ends, or at once when there is none that serves.</summary>
/// <param name="wish">Asked anew each time: addresses may change.</param>
/// <param name="pending">Told when a request waits for approval.</param>
internal sealed partial class CertificateRotation(
    CertificateStore store, CertificateRequests requests, Func<CertificateWish> wish, Action<string, TimeSpan> pending, TimeProvider time, Func<double> random, ILogger<CertificateRotation> logger)
{
    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(1);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(5);

    private volatile X509Certificate2? _current = store.Load();
    private long _failures;

    /// <summary>The certificate in use with its key; null before there is one.</summary>
    public X509Certificate2? Current => _current;

    /// <summary>How many requests came to nothing.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Raised after a new certificate was put to use, with the age of the one before; zero when there was none.</summary>
    public event Action<TimeSpan>? Renewed;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var retry = FirstRetry;
        var fraction = random();
        while (true)
        {
            var now = time.GetUtcNow();
            var due = _current is { } current && CertificateLife.Problem(current, now) is null && wish().Covers(current) ? CertificateLife.RenewAt(current, fraction) : now;
            if (due > now)
            {
                await Task.Delay(due - now < LongestSleep ? due - now : LongestSleep, time, cancellationToken);
                continue;
            }

            try
            {
                await RenewAsync(cancellationToken);
                (retry, fraction) = (FirstRetry, random());
            }
            catch (Exception e) when (e is CertificateDeniedException or KubeApiException or IOException)
            {
                Interlocked.Increment(ref _failures);
                LogFailed(store.CurrentPath, retry, e.Message);
                await Task.Delay(retry, time, cancellationToken);
                retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry;
            }
        }
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        var (certificate, key) = await requests.GetAsync(wish(), pending, cancellationToken);
        var now = time.GetUtcNow();
        var age = _current is { } before ? now - CertificateLife.From(before) : TimeSpan.Zero;
        store.Save(certificate, key, now);
        _current = store.Load() ?? throw new IOException($"the certificate that was just written to {store.CurrentPath} cannot be read");
        Renewed?.Invoke(age);
    }

    [LoggerMessage(1, LogLevel.Warning, "A new certificate for {Path} could not be had, it is tried again in {Retry}: {Error}")]
    private partial void LogFailed(string path, TimeSpan retry, string error);
}
