using System.Text.Json;
using NodeAgent.Cluster.Tests.Installed;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Prometheus;

/// <summary>Debian's Prometheus with packaging/prometheus as a user would have it, except that it is in a hurry.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly InstalledCluster _cluster;
    private readonly string _folder;
    private readonly int _port = Ports.Free();
    private ManagedProcess? _process;

    public PrometheusServer(InstalledCluster cluster)
    {
        _cluster = cluster;
        _folder = Path.Combine(cluster.Folder, "prometheus");
    }

    public async Task StartAsync()
    {
        Directory.CreateDirectory(_folder);
        await WriteTargetsAsync();
        var scrape = (await File.ReadAllTextAsync(Path.Combine(RuleTests.Folder, "scrape.yml"))).Replace("/etc/prometheus/nodeagent", _folder, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(_folder, "prometheus.yml"), "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\nrule_files: [rules.yml]\n" + scrape);
        await File.WriteAllTextAsync(Path.Combine(_folder, "rules.yml"), Hurried(await File.ReadAllTextAsync(Path.Combine(RuleTests.Folder, "rules.yml"))));
        _process = await ManagedProcess.StartAsync(
            "prometheus",
            _folder,
            ["prometheus", $"--config.file={_folder}/prometheus.yml", $"--storage.tsdb.path={_folder}/data", $"--web.listen-address={_cluster.Network.Address}:{_port}"],
            NetworkNamespace.EnterPrefix(_cluster.Network.Name));
        await Wait.UntilAsync("Prometheus to be ready", TimeSpan.FromSeconds(30), async () => (await _cluster.Network.RunAsync("curl", ["--silent", "--fail", Address("/-/ready")], throwOnFailure: false)).ExitCode == 0, () => _process.LogTail());
    }

    /// <summary>Job and node (or address) of every target, with its health.</summary>
    public async Task<IReadOnlyDictionary<string, string>> TargetsAsync()
    {
        var targets = (await GetAsync("/api/v1/targets?state=active")).GetProperty("activeTargets").EnumerateArray();
        return targets.ToDictionary(
            t => $"{t.GetProperty("labels").GetProperty("job").GetString()} {t.GetProperty("labels").GetProperty("instance").GetString()}",
            t => t.GetProperty("health").GetString() + " " + t.GetProperty("lastError").GetString());
    }

    /// <summary>The names of the alerts that fire.</summary>
    public async Task<IReadOnlySet<string>> FiringAsync() =>
        (await GetAsync("/api/v1/alerts")).GetProperty("alerts").EnumerateArray()
            .Where(a => a.GetProperty("state").GetString() == "firing")
            .Select(a => a.GetProperty("labels").GetProperty("alertname").GetString()!)
            .ToHashSet();

    public async Task<JsonElement> QueryAsync(string expression) =>
        (await GetAsync("/api/v1/query?query=" + Uri.EscapeDataString(expression))).GetProperty("result");

    /// <summary>The families of metrics that the targets expose, with or without a value, and what the rules record.</summary>
    public async Task<IReadOnlySet<string>> NamesAsync() =>
        (await GetAsync("/api/v1/metadata")).EnumerateObject().Select(m => m.Name)
            .Concat((await GetAsync("/api/v1/label/__name__/values")).EnumerateArray().Select(n => n.GetString()!))
            .ToHashSet();

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.StopAsync();
        }
    }

    // Seconds instead of minutes; what is looked at and compared stays.
    private static string Hurried(string rules) => string.Join('\n', rules.Split('\n').Select(l =>
        l.TrimStart().StartsWith("for: ", StringComparison.Ordinal) ? "        for: 1s" : l.Replace("> 180", "> 15", StringComparison.Ordinal).Replace("> 30", "> 3", StringComparison.Ordinal)));

    private Task WriteTargetsAsync() => Command.RunAsync(
        Path.Combine(Package.RepositoryRoot, "packaging/join/nodeagent-prometheus-targets"),
        [_folder, _cluster.First.Address],
        environment: new Dictionary<string, string>
        {
            ["KUBECONFIG"] = _cluster.Plane.AdminKubeconfig,
            ["PATH"] = _cluster.Plane.Binaries.Folder + ":" + Environment.GetEnvironmentVariable("PATH"),
        });

    private string Address(string path) => $"http://{_cluster.Network.Address}:{_port}{path}";

    private async Task<JsonElement> GetAsync(string path)
    {
        var answer = await _cluster.Network.RunAsync("curl", ["--silent", "--show-error", "--max-time", "10", Address(path)]);
        var document = JsonDocument.Parse(answer.Output).RootElement;
        return document.GetProperty("status").GetString() == "success"
            ? document.GetProperty("data")
            : throw new InvalidOperationException($"Prometheus answered {path} with: {answer.Output}");
    }
}
