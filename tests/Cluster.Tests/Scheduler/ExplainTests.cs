using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;
using NodeAgent.KubeApi;

namespace NodeAgent.Cluster.Tests.Scheduler;

/// <summary>The published scheduler says why a pod is pending: to the command, to a browser, and only to those who may ask.</summary>
[Trait("Category", "Cluster"), Collection(SchedulerCollection.Name)]
public sealed class ExplainTests(SchedulerCluster cluster) : IAsyncLifetime
{
    public Task InitializeAsync() => cluster.StartOverAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task PendingPod_IsExplainedToTheCommandAndTheBrowserAndNotToStrangers()
    {
        var port = SchedulerCluster.FreePort();
        await cluster.StartAsync("explain", "leaderElection: {leaderElect: false}", null, $"--secure-port={port}", $"--client-ca-file={cluster.Plane.Pki.CaFile}");
        await cluster.Client.CreateAsync(Resources.Nodes, SchedulerCluster.Node("explained", "1"), default);
        await cluster.Client.CreateAsync(Resources.Pods, SchedulerCluster.Pod("too-big", "1500m"), default);
        var (certificate, key) = cluster.Plane.Pki.EnsureClient("admin", "kubernetes-admin", "system:masters");
        string[] identity = [$"--client-certificate={certificate}", $"--client-key={key}"];

        var text = "";
        await Wait.UntilAsync("the explanation", TimeSpan.FromSeconds(30), async () =>
            (text = (await ExplainAsync(port, ["too-big", .. identity])).Output).Contains("Attempts:", StringComparison.Ordinal), () => text);
        var unknown = await ExplainAsync(port, ["nobody", .. identity]);
        var stranger = await ExplainAsync(port, ["too-big"]);

        Assert.Contains("NodeResourcesFit: Insufficient cpu (cpu: wants 1500m, 1000m free of 1000m)", text, StringComparison.Ordinal);
        Assert.Contains("a Node is added, or changes what it offers", text, StringComparison.Ordinal);
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("knows no pod default/nobody", unknown.Error, StringComparison.Ordinal);
        Assert.Equal(1, stranger.ExitCode);
        Assert.Contains("403", stranger.Error, StringComparison.Ordinal);
        await BrowseAsync(port, certificate, key);
    }

    private static Task<CommandResult> ExplainAsync(int port, string[] arguments) =>
        Command.RunAsync(DaemonBinaries.Own().Scheduler, ["explain", .. arguments, $"--server=https://127.0.0.1:{port}"], throwOnFailure: false, timeout: TimeSpan.FromSeconds(30));

    /// <summary>Chromium shows what the server sends to a browser; it is left out where there is none, and the page is looked at as text.</summary>
    private async Task BrowseAsync(int port, string certificate, string key)
    {
        var page = Path.Combine(cluster.Folder, "explained.html");
        await Command.RunAsync("curl", ["-sk", "--cert", certificate, "--key", key, "-H", "Accept: text/html,*/*", "-o", page, $"https://127.0.0.1:{port}/explain/default/too-big"]);
        var shown = await File.ReadAllTextAsync(page);
        Assert.StartsWith("<!doctype html>", shown, StringComparison.Ordinal);
        if (File.Exists("/usr/bin/chromium"))
        {
            shown = (await Command.RunAsync("/usr/bin/chromium", ["--headless", "--no-sandbox", "--disable-gpu", $"--user-data-dir={cluster.Folder}/chromium", "--dump-dom", $"file://{page}"], timeout: TimeSpan.FromSeconds(60))).Output;
        }

        Assert.Contains("<p class=\"verdict\" id=\"verdict\">0/1 nodes are available: 1 Insufficient cpu.</p>", shown, StringComparison.Ordinal);
        Assert.Contains("Nearest misses", shown, StringComparison.Ordinal);
    }
}
