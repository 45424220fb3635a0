using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace NodeAgent.Kubelet.Pods.Sources;

/// <summary>The pods of a manifest behind an address, asked for again and again.</summary>
internal sealed partial class ManifestUrl(Uri url, IReadOnlyList<KeyValuePair<string, string>> headers, string nodeName, StaticPodSet pods, TimeSpan every, TimeProvider time, ILogger<ManifestUrl> logger)
{
    private const string SourceName = "http";
    private byte[] _last = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        foreach (var (name, value) in headers)
        {
            http.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
        }

        while (true)
        {
            try
            {
                Take(await http.GetStringAsync(url, cancellationToken));
            }
            catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                LogUnreachable(url, e.Message);
            }

            await Task.Delay(every, time, cancellationToken);
        }
    }

    private void Take(string text)
    {
        var hash = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text));
        if (hash.AsSpan().SequenceEqual(_last))
        {
            return;
        }

        _last = hash;
        var (read, errors) = StaticPods.Read(text, url.ToString(), SourceName, nodeName, time.GetUtcNow());
        foreach (var error in errors)
        {
            LogMalformed(error);
        }

        if (errors.Count == 0)
        {
            pods.Replace(SourceName, read);
        }
    }

    [LoggerMessage(1, LogLevel.Error, "A manifest is malformed, its pods do not run: {Error}")]
    private partial void LogMalformed(string error);

    [LoggerMessage(2, LogLevel.Warning, "Manifests cannot be had from {Url}: {Error}")]
    private partial void LogUnreachable(Uri url, string error);
}
