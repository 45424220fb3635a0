using System.Globalization;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Proxy;

/// <summary>The configuration file of a kube-proxy that runs, without an API server.</summary>
[Trait("Category", "Cluster")]
public sealed class ConfigFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nodeagent-proxyconfig-").FullName;

    private string ConfigFile => Path.Combine(_folder, "proxy.yaml");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task ConfigFile_BecomesAnother_EndsTheProcessWithAFailure()
    {
        await using var node = await NetworkNamespace.CreateAsync("na-pxf");
        await File.WriteAllTextAsync(Path.Combine(_folder, "kubeconfig"), $$$"""
            apiVersion: v1
            kind: Config
            clusters: [{name: nowhere, cluster: {server: 'http://{{{node.OutsideAddress}}}:1'}}]
            contexts: [{name: nowhere, context: {cluster: nowhere, user: nobody}}]
            users: [{name: nobody, user: {}}]
            current-context: nowhere
            """);
        await WriteAsync(30);
        var running = Command.RunAsync(node.Prefix[0], [.. node.Prefix.Skip(1), DaemonBinaries.Own().Proxy, $"--config={ConfigFile}"], throwOnFailure: false);

        // It may not have read the first one yet when the second comes.
        var period = 30;
        await Wait.UntilAsync(
            "the proxy to end",
            TimeSpan.FromSeconds(60),
            async () =>
            {
                await WriteAsync(++period);
                return running.IsCompleted;
            },
            interval: TimeSpan.FromSeconds(0.5));

        var ended = await running;
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains($"{ConfigFile} changed; starting anew with it", ended.Output + ended.Error, StringComparison.Ordinal);
    }

    /// <summary>Never half a file.</summary>
    private async Task WriteAsync(int seconds)
    {
        var next = ConfigFile + ".next";
        await File.WriteAllTextAsync(next, string.Create(CultureInfo.InvariantCulture, $"""
            apiVersion: kubeproxy.config.k8s.io/v1alpha1
            kind: KubeProxyConfiguration
            hostnameOverride: node-1
            iptables: {"{"}syncPeriod: {seconds}s{"}"}
            clientConnection: {"{"}kubeconfig: {_folder}/kubeconfig{"}"}
            conntrack: {"{"}maxPerCore: 0{"}"}
            """));
        File.Move(next, ConfigFile, overwrite: true);
    }
}
