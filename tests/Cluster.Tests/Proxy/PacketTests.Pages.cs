using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Proxy;

/// <summary>What the proxy says of itself: its pages and commands.</summary>
public abstract partial class PacketTests
{
    [Fact]
    public async Task HealthCheckNodePort_EndpointsComeAndGo_SaysSo()
    {
        await cluster.ServiceAsync("checked", "type: LoadBalancer, externalTrafficPolicy: Local", "TCP", ProxyNetwork.Pod1, ProxyNetwork.Far);
        var port = (await cluster.Plane.KubectlAsync(["get", "service", "checked", "-o", "jsonpath={.spec.healthCheckNodePort}"])).Output.Trim();
        var uri = $"http://{ProxyNetwork.Addresses[ProxyNetwork.Node]}:{port}/";
        await Wait.UntilAsync("the health check to pass", TimeSpan.FromSeconds(30), async () => (await Network.GetAsync(ProxyNetwork.Outside, uri)).Code == 200, () => cluster.Log);
        var healthy = await Network.GetAsync(ProxyNetwork.Outside, uri);

        await cluster.EndpointsAsync("checked", "TCP", ProxyNetwork.Far);
        await Wait.UntilAsync("the health check to fail", TimeSpan.FromSeconds(30), async () => (await Network.GetAsync(ProxyNetwork.Outside, uri)).Code == 503, () => cluster.Log);

        var failing = await Network.GetAsync(ProxyNetwork.Outside, uri);

        Assert.Contains("\"localEndpoints\": 1", healthy.Body, StringComparison.Ordinal);
        Assert.Contains("\"serviceProxyHealthy\": true", healthy.Body, StringComparison.Ordinal);
        Assert.Contains("Content-Type: application/json", healthy.Headers, StringComparison.Ordinal);
        Assert.Contains("X-Content-Type-Options: nosniff", healthy.Headers, StringComparison.Ordinal);
        Assert.Contains("X-Load-Balancing-Endpoint-Weight: 1", healthy.Headers, StringComparison.Ordinal);
        Assert.Contains("X-Load-Balancing-Endpoint-Weight: 0", failing.Headers, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plan_RulesAsTheyShouldBeAndNot_SaysSoAndChangesNothing()
    {
        await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Pod1, cluster.Shapes["cluster"].ClusterIP, 80));
        var same = await cluster.CommandAsync("plan");
        await cluster.StopProxyAsync();
        try
        {
            await cluster.IptablesAsync("-t", "nat", "-F", "KUBE-MARK-MASQ");
            var rules = await cluster.RulesAsync();

            var differs = await cluster.CommandAsync("plan");

            Assert.Equal((0, 2), (same.ExitCode, differs.ExitCode));
            Assert.Contains("IPv4: the kernel's rules are as they should be\nIPv6: the kernel's rules are as they should be", same.Output, StringComparison.Ordinal);
            Assert.Contains("IPv4: 1 chains to write, 0 to delete, 0 rules to add to chains of others\n  nat/KUBE-MARK-MASQ\n    + -j MARK --set-xmark 0x4000/0x4000", differs.Output, StringComparison.Ordinal);
            Assert.Equal(rules, await cluster.RulesAsync());
        }
        finally
        {
            await cluster.StartProxyAsync();
        }
    }

    [Fact]
    public async Task Explain_OfAService_NamesItsChainsAndEndpoints()
    {
        var service = cluster.Shapes["local"];
        await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Outside, ProxyNetwork.Addresses[ProxyNetwork.Node], service.NodePort));

        var explained = await cluster.CommandAsync("explain", "default/local:tcp");
        var unknown = await cluster.CommandAsync("explain", "default/nothing");

        Assert.Equal((0, 1), (explained.ExitCode, unknown.ExitCode));
        Assert.Contains($"to {service.ClusterIP}:80: nat/KUBE-SERVICES -> ", explained.Output, StringComparison.Ordinal);
        Assert.Contains($"to port {service.NodePort} of this node: nat/KUBE-SERVICES -> KUBE-NODEPORTS -> ", explained.Output, StringComparison.Ordinal);
        Assert.Contains($"{ProxyNetwork.Addresses[ProxyNetwork.Pod1]}:8080 on this node: policy Cluster: used; policy Local: used", explained.Output, StringComparison.Ordinal);
        Assert.Contains($"{ProxyNetwork.Addresses[ProxyNetwork.Far]}:8080: policy Cluster: used; policy Local: not used: on another node", explained.Output, StringComparison.Ordinal);
        Assert.Contains("knows no Service default/nothing", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_AfterConnections_CountThemByService()
    {
        var service = await cluster.ServiceAsync("counted", "", "TCP", ProxyNetwork.Pod2);
        var empty = await cluster.ServiceAsync("uncounted", "", "TCP");
        await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Outside, service.ClusterIP, 80));
        await ManyAsync(4, () => Network.AskAsync(ProxyNetwork.Outside, service.ClusterIP, 80));
        await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Node, "127.0.0.1", cluster.Shapes["node-port"].NodePort));
        await Wait.UntilAsync("the cluster address to refuse", TimeSpan.FromSeconds(15), async () => (await Network.AskAsync(ProxyNetwork.Outside, empty.ClusterIP, 80)).Refused);
        Network.SendStrayReset(ProxyNetwork.Outside, ProxyNetwork.Pod2);

        // What was read for another scrape is good for ten seconds.
        await Wait.UntilAsync("the connections to be counted", TimeSpan.FromSeconds(30), async () =>
        {
            var body = (await Network.GetAsync(ProxyNetwork.Node, "http://127.0.0.1:10249/metrics")).Body;
            return Value(body, "kubeproxy_service_connections_total{namespace=\"default\",service=\"counted\",port=\"web\",ip_family=\"IPv4\"}") >= 5
                && Value(body, "kubeproxy_iptables_localhost_nodeports_accepted_packets_total") >= 1
                && Value(body, "kubeproxy_no_endpoints_rejected_packets_total{ip_family=\"IPv4\"}") >= 1
                && Value(body, "kubeproxy_iptables_ct_state_invalid_dropped_packets_total") >= 1
                && Value(body, "kubeproxy_conntrack_entries") >= 1
                && Value(body, "kubeproxy_conntrack_entries_limit") >= 1;
        }, () => cluster.Log);
        Assert.Equal("iptables", (await Network.GetAsync(ProxyNetwork.Node, "http://127.0.0.1:10249/proxyMode")).Body);
        Assert.Contains("\"clusterCIDR\":\"10.244.0.0/16,fd00:244::/32\"", (await Network.GetAsync(ProxyNetwork.Node, "http://127.0.0.1:10249/configz")).Body, StringComparison.Ordinal);
        Assert.Equal(200, (await Network.GetAsync(ProxyNetwork.Node, "http://127.0.0.1:10256/livez")).Code);
        Assert.Contains("\"nodeEligible\":true", (await Network.GetAsync(ProxyNetwork.Node, "http://127.0.0.1:10256/healthz")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StatusPages_AtTheMetricsAddress_Answer()
    {
        var status = await Network.GetAsync(ProxyNetwork.Node, "http://127.0.0.1:10249/statusz");
        var flags = await Network.GetAsync(ProxyNetwork.Node, "http://127.0.0.1:10249/flagz");
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri("http://127.0.0.1:10249/debug/flags/v")) { Content = new StringContent("4") };
        var verbosity = await Network.SendAsync(ProxyNetwork.Node, request);

        Assert.Equal((200, 200, 200), (status.Code, flags.Code, verbosity.Code));
        Assert.StartsWith("kube-proxy statusz\n", status.Body, StringComparison.Ordinal);
        Assert.Contains("Binary version: 1.36", status.Body, StringComparison.Ordinal);
        Assert.Contains($"iptables-flavour={cluster.Flavour}\n", flags.Body, StringComparison.Ordinal);
        Assert.Equal("successfully set klog.logging.verbosity to 4", verbosity.Body);
    }

    private static double Value(string metrics, string series) =>
        metrics.Split('\n').FirstOrDefault(l => l.StartsWith(series, StringComparison.Ordinal)) is { } line
            ? double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture)
            : 0;
}
