using System.Globalization;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Proxy;

/// <summary>A real API server and this project's kube-proxy on the node of a <see cref="ProxyNetwork"/>. One per class of tests.</summary>
public abstract class ProxyCluster(string flavour) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nodeagent-proxy-").FullName;
    private ProxyNetwork? _network;
    private LocalControlPlane? _plane;
    private ManagedProcess? _proxy;
    private long _earlierLog;

    internal ProxyNetwork Network => _network!;

    internal LocalControlPlane Plane => _plane!;

    internal string Flavour => flavour;

    internal string Folder => _folder;

    /// <summary>The Services of the packet table.</summary>
    internal ServiceShapes Shapes { get; private set; } = null!;

    /// <summary>The last lines of the proxy's log, for messages of failures.</summary>
    internal string Log => _proxy?.LogTail() ?? "";

    /// <summary>All that the proxy has logged since it was started the last time.</summary>
    internal async Task<string> LogOfThisRunAsync()
    {
        await using var log = new FileStream(_proxy!.LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        log.Position = _earlierLog;
        using var reader = new StreamReader(log);
        return await reader.ReadToEndAsync();
    }

    public async Task InitializeAsync()
    {
        _network = await ProxyNetwork.CreateAsync();
        _plane = await LocalControlPlane.StartAsync(new ControlPlaneOptions(_folder, _network.NodeAddress, Namespace: _network.NodeNamespace, ControllerManager: false)
        {
            // The last of two flags counts: this makes the cluster one of both families, where the server has that by default.
            ApiServerFlags = (await KubeBinaries.FindAsync()).AtLeast(23)
                ? ["--endpoint-reconciler-type=none", "--service-cluster-ip-range=10.96.0.0/16,fd00:96::/112"]
                : ["--endpoint-reconciler-type=none"],
        });
        await ApplyAsync("""
            apiVersion: v1
            kind: Node
            metadata: {name: node-1, labels: {topology.kubernetes.io/zone: zone-a}}
            spec: {podCIDR: 10.244.0.0/24}
            """);
        await StartProxyAsync();
        Shapes = await ServiceShapes.CreateAsync(this);
    }

    public async Task DisposeAsync()
    {
        if (_proxy is not null)
        {
            await _proxy.StopAsync();
        }

        if (_plane is not null)
        {
            await _plane.DisposeAsync();
        }

        if (_network is not null)
        {
            await _network.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <param name="fields">How the proxy is to tell pods of its node, and more fields of its configuration; by the cluster's range when null.</param>
    /// <param name="iptables">More fields of the section on iptables, in YAML's flow form.</param>
    internal async Task StartProxyAsync(string? fields = null, string iptables = "")
    {
        _earlierLog = _proxy is null ? 0 : new FileInfo(_proxy.LogFile).Length;
        await File.WriteAllTextAsync(ConfigFile, $"""
            apiVersion: kubeproxy.config.k8s.io/v1alpha1
            kind: KubeProxyConfiguration
            mode: iptables
            bindAddress: {ProxyNetwork.Addresses[ProxyNetwork.Node]}
            hostnameOverride: node-1
            {fields ?? "clusterCIDR: 10.244.0.0/16,fd00:244::/32"}
            clientConnection:
              kubeconfig: {_plane!.AdminKubeconfig}
            iptables: {"{"}minSyncPeriod: 100ms, syncPeriod: 5m{(iptables.Length > 0 ? ", " + iptables : "")}{"}"}
            """);
        _proxy = await ManagedProcess.StartAsync("kube-proxy", _folder, [DaemonBinaries.Own().Proxy, $"--config={ConfigFile}", $"--iptables-flavour={flavour}", "-v4"], NetworkNamespace.EnterPrefix(_network!.NodeNamespace));
        await Wait.UntilAsync("kube-proxy to answer", TimeSpan.FromSeconds(60), async () => await AnswersAsync(), () => _proxy.LogTail());
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            return (await Network.GetAsync(ProxyNetwork.Node, "http://127.0.0.1:10249/proxyMode")).Code == 200;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private string ConfigFile => Path.Combine(_folder, "proxy.yaml");

    /// <summary>Runs one of the proxy's commands on the node, with the configuration of the proxy that runs.</summary>
    internal Task<CommandResult> CommandAsync(params string[] arguments) =>
        Network.RunAsync(ProxyNetwork.Node, DaemonBinaries.Own().Proxy, [.. arguments, $"--config={ConfigFile}", $"--iptables-flavour={flavour}"], throwOnFailure: false);

    internal Task StopProxyAsync() => _proxy!.StopAsync();

    /// <summary>The rules of this flavour, counters and dates aside.</summary>
    internal async Task<string> RulesAsync(string program = "iptables")
    {
        var saved = await Network.RunAsync(ProxyNetwork.Node, $"{program}-{flavour}-save", []);
        return string.Join('\n', saved.Output.Split('\n').Where(l => !l.StartsWith('#')).Select(l => l.StartsWith(':') ? l.Split('[')[0] : l));
    }

    /// <summary>What firewall tools do when they start: everything goes, in every table.</summary>
    internal async Task FlushEverythingAsync()
    {
        foreach (var table in new[] { "nat", "filter", "mangle" })
        {
            // The proxy may have filled the chains again before they can be removed.
            await IptablesAsync("-t", table, "-F");
            await Network.RunAsync(ProxyNetwork.Node, $"iptables-{flavour}", ["-w", "5", "-t", table, "-X"], throwOnFailure: false);
        }
    }

    internal Task<CommandResult> IptablesAsync(params string[] arguments) => Network.RunAsync(ProxyNetwork.Node, $"iptables-{flavour}", ["-w", "5", .. arguments]);

    internal Task<CommandResult> ApplyAsync(string manifest) => _plane!.ApplyAsync(manifest);

    /// <summary>A Service and its endpoints.</summary>
    /// <param name="spec">More fields of the spec, in YAML's flow form.</param>
    internal async Task<ServiceAddress> ServiceAsync(string name, string spec, string protocol, params string[] pods)
    {
        await ApplyAsync($$$"""
            apiVersion: v1
            kind: Service
            metadata: {name: {{{name}}}}
            spec: {ports: [{name: web, port: 80, targetPort: 8080, protocol: {{{protocol}}}}]{{{(spec.Length > 0 ? ", " + spec : "")}}}}
            """);
        await EndpointsAsync(name, protocol, pods);
        var address = await _plane!.KubectlAsync(["get", "service", name, "-o", "jsonpath={.spec.clusterIP} {.spec.ports[0].nodePort}"]);
        var parts = address.Output.Trim().Split(' ');
        return new ServiceAddress(parts[0], parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0);
    }

    internal Task EndpointsAsync(string service, string protocol, params string[] pods) => ApplyAsync(SliceManifest(service, protocol, pods));

    internal string SliceManifest(string service, string protocol, params string[] pods)
    {
        var endpoints = pods.Select(EndpointOf);
        return $$$"""
            apiVersion: {{{(_plane!.Binaries.AtLeast(21) ? "discovery.k8s.io/v1" : "discovery.k8s.io/v1beta1")}}}
            kind: EndpointSlice
            metadata: {name: {{{service}}}, labels: {kubernetes.io/service-name: {{{service}}}}}
            addressType: IPv4
            ports: [{name: web, port: 8080, protocol: {{{protocol}}}}]
            endpoints: [{{{string.Join(", ", endpoints)}}}]
            """;
    }

    internal Task SetLoadBalancerAsync(string service, params string[] addresses) =>
        _plane!.Binaries.AtLeast(24)
            ? _plane.KubectlAsync(["patch", "service", service, "--subresource=status", "--type=merge", "-p", "{\"status\":" + LoadBalancerStatus(addresses) + "}"])
            : ApplyRawStatusAsync(service, addresses);

    private static string LoadBalancerStatus(string[] addresses) =>
        "{\"loadBalancer\":{\"ingress\":[" + string.Join(',', addresses.Select(a => "{\"ip\":\"" + a + "\"}")) + "]}}";

    private string EndpointOf(string pod)
    {
        var node = pod == ProxyNetwork.Far ? "node-2" : "node-1";
        var place = _plane!.Binaries.AtLeast(21) ? $"nodeName: {node}" : $"topology: {{kubernetes.io/hostname: {node}}}";
        return $"{{addresses: [{ProxyNetwork.Addresses[pod]}], conditions: {{ready: true}}, {place}}}";
    }

    private async Task ApplyRawStatusAsync(string service, string[] addresses)
    {
        var json = await _plane!.KubectlAsync(["get", "service", service, "-o", "json"]);
        var value = System.Text.Json.Nodes.JsonNode.Parse(json.Output)!;
        value["status"] = System.Text.Json.Nodes.JsonNode.Parse(LoadBalancerStatus(addresses));
        await _plane.KubectlAsync(["replace", "--raw", $"/api/v1/namespaces/default/services/{service}/status", "-f", "-"], input: value.ToJsonString());
    }
}
