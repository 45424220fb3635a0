using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using NodeAgent.Bench.Kubelets;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Node;

namespace NodeAgent.Bench.Scrape;

/// <summary>
/// What it costs a kubelet with many pods to answer those who measure it: this project's beside upstream's, in turn, on one
/// control plane and one containerd. Upstream measures in the background whether somebody asks or not; so what it uses while
/// nobody asks is shown as well.
/// </summary>
internal static class ScrapeBench
{
    private static readonly string[] Pages = ["/metrics/cadvisor", "/metrics/resource", "/stats/summary", "/metrics"];

    // Longer than either kubelet gives out the same measurement again.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(20);

    public static async Task<int> RunAsync(string[] args)
    {
        var pods = Arguments.Number(args, "--pods", 110);
        var scrapes = Arguments.Number(args, "--scrapes", 24);
        await KubeletBed.RunAsync(async bed =>
        {
            var figures = new Dictionary<string, ScrapeFigures>();
            foreach (var (name, binaries) in bed.Contenders(Arguments.Text(args, "--only")))
            {
                Console.WriteLine($"{name}: {pods} pods");
                await using var kubelet = await bed.StartAsync(name, binaries);
                figures[name] = await MeasureAsync(bed.Plane, kubelet, pods, scrapes);
            }

            Print(figures);
        });
        return 0;
    }

    private static async Task<ScrapeFigures> MeasureAsync(LocalControlPlane plane, BenchKubelet kubelet, int pods, int scrapes)
    {
        var names = Enumerable.Range(0, pods).Select(i => $"{kubelet.Node}-{i}").ToArray();
        await kubelet.CreateAsync(names.Select(n => PodTemplates.Pause(n, kubelet.Node)));
        await Task.Delay(Settle);
        var figures = await ScrapeAsync(plane, kubelet.Options, kubelet.Process.Id, scrapes);
        await kubelet.DeleteAsync(names);
        return figures;
    }

    private static async Task<ScrapeFigures> ScrapeAsync(LocalControlPlane plane, NodeOptions options, int kubelet, int scrapes)
    {
        using var http = Client(plane, options);
        var figures = new ScrapeFigures { Idle = await CpuAsync(kubelet, () => Task.Delay(Settle)) / Settle.TotalSeconds };
        foreach (var page in Pages)
        {
            // The first answer pays for what later ones find warm.
            figures.Bytes[page] = (await http.GetByteArrayAsync(new Uri(page, UriKind.Relative))).Length;
            await Task.Delay(Pause);
            var clock = Stopwatch.StartNew();
            var used = await CpuAsync(kubelet, async () =>
            {
                for (var i = 0; i < scrapes; i++)
                {
                    await http.GetByteArrayAsync(new Uri(page, UriKind.Relative));
                    await Task.Delay(Pause);
                }
            });
            figures.Milliseconds[page] = Math.Max(0, used - (figures.Idle * clock.Elapsed.TotalSeconds)) / scrapes * 1000;
        }

        figures.Megabytes = ProcessFigures.PssMegabytes(kubelet);
        return figures;
    }

    private static async Task<double> CpuAsync(int process, Func<Task> work)
    {
        var before = ProcessFigures.CpuSeconds(process);
        await work();
        return ProcessFigures.CpuSeconds(process) - before;
    }

    /// <summary>As Prometheus asks: over one connection, compressed.</summary>
    private static HttpClient Client(LocalControlPlane plane, NodeOptions options)
    {
        using var identity = X509Certificate2.CreateFromPemFile(plane.Pki.PathOf("apiserver-kubelet-client.crt"), plane.Pki.PathOf("apiserver-kubelet-client.key"));
        var handler = new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.GZip };
        handler.SslOptions.ClientCertificates = [X509CertificateLoader.LoadPkcs12(identity.Export(X509ContentType.Pkcs12), null)];
#pragma warning disable CA5359 // A bench's node shows a certificate of its own.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        return new HttpClient(handler) { BaseAddress = new Uri($"https://{options.Address}:{options.KubeletPort}") };
    }

    private static void Print(Dictionary<string, ScrapeFigures> figures)
    {
        Console.WriteLine();
        Console.WriteLine($"{"CPU of one answer",-36} {"unit",-7}" + string.Concat(figures.Keys.Select(name => $"{name,12}")) + $"{"ratio",9}");
        foreach (var page in Pages)
        {
            Row(page, "ms", f => f.Milliseconds[page]);
        }

        Row("nobody asks", "ms/s", f => f.Idle * 1000);
        Row("all four each 15 s, with the rest", "ms/s", f => (f.Idle * 1000) + (Pages.Sum(p => f.Milliseconds[p]) / 15));
        foreach (var page in Pages)
        {
            Row("size of " + page, "kB", f => f.Bytes[page] / 1000);
        }

        Row("kubelet memory (PSS)", "MB", f => f.Megabytes);

        void Row(string name, string unit, Func<ScrapeFigures, double> value)
        {
            var values = figures.Values.Select(value).ToArray();
            var ratio = values.Length == 2 ? (values[0] / values[1]).ToString("0.00", CultureInfo.InvariantCulture) : "";
            Console.WriteLine($"{name,-36} {unit,-7}" + string.Concat(values.Select(v => string.Create(CultureInfo.InvariantCulture, $"{v,12:0.00}"))) + $"{ratio,9}");
        }
    }
}
