using System.Net.Sockets;
using NodeAgent.DevCluster.Processes;
using NodeAgent.Testing.Iptables;

namespace NodeAgent.Cluster.Tests.Proxy;

/// <summary>Connections that are really made, through rules of one flavour of iptables.</summary>
[Trait("Category", "Cluster")]
public abstract class PacketTests(ProxyCluster cluster)
{
    private const string NodePort = "type: NodePort";
    private static readonly Answer Silence = new("", "", Refused: false);
    private static readonly string[] MasqueradedSources = ["10.244.0.1", "10.99.0.1"];

    /// <summary>How the proxy is to tell local traffic, who is local then, and who is not.</summary>
    private static readonly (string Fields, string Local, string Other)[] DetectLocalModes =
    [
        ("detectLocalMode: NodeCIDR", ProxyNetwork.Pod1, ProxyNetwork.Outside),
        ("detectLocalMode: BridgeInterface\ndetectLocal: {bridgeInterface: cni0}", ProxyNetwork.Pod1, ProxyNetwork.Outside),
        ("detectLocalMode: InterfaceNamePrefix\ndetectLocal: {interfaceNamePrefix: outs}", ProxyNetwork.Outside, ProxyNetwork.Pod1),
    ];

    private ProxyNetwork Network => cluster.Network;

    [Theory]
    [InlineData(ProxyNetwork.Pod1, false)]
    [InlineData(ProxyNetwork.Node, true)]
    [InlineData(ProxyNetwork.Outside, true)]
    public async Task ClusterIP_AskedFromAnywhere_IsAnsweredByEveryEndpoint(string from, bool masqueraded)
    {
        var service = await cluster.ServiceAsync($"cluster-ip-{from}", "", "TCP", ProxyNetwork.Pod2, ProxyNetwork.Far);
        await ReachesAsync(() => Network.AskAsync(from, service.ClusterIP, 80));

        var answers = await ManyAsync(16, () => Network.AskAsync(from, service.ClusterIP, 80));

        Assert.Equal([ProxyNetwork.Far, ProxyNetwork.Pod2], answers.Select(a => a.Endpoint).Distinct().Order());
        Assert.All(answers, a => Assert.Contains(a.Source, masqueraded ? MasqueradedSources : [ProxyNetwork.Addresses[from]]));
    }

    [Theory]
    [InlineData(ProxyNetwork.Pod1)]
    [InlineData(ProxyNetwork.Node)]
    [InlineData(ProxyNetwork.Outside)]
    public async Task ClusterIP_OverUdp_IsAnswered(string from)
    {
        var service = await cluster.ServiceAsync($"udp-{from}", "", "UDP", ProxyNetwork.Pod2);

        var answer = await ReachesAsync(() => Network.AskUdpAsync(from, service.ClusterIP, 80));

        Assert.Equal(ProxyNetwork.Pod2, answer.Endpoint);
    }

    [Theory]
    [InlineData(ProxyNetwork.Outside, "172.31.77.1")]
    [InlineData(ProxyNetwork.Pod1, "172.31.77.1")]
    [InlineData(ProxyNetwork.Node, "172.31.77.1")]
    [InlineData(ProxyNetwork.Node, "127.0.0.1")]
    public async Task NodePort_AskedFromAnywhere_IsAnsweredWithMasquerading(string from, string address)
    {
        var service = await cluster.ServiceAsync($"node-port-{from}-{address.Replace('.', '-')}", NodePort, "TCP", ProxyNetwork.Pod2);

        var answer = await ReachesAsync(() => Network.AskAsync(from, address, service.NodePort));

        Assert.Equal((ProxyNetwork.Pod2, "10.244.0.1"), (answer.Endpoint, answer.Source));
    }

    [FactSince(22, "internalTrafficPolicy")]
    public async Task InternalPolicyLocal_LocalEndpointGone_FallsSilent()
    {
        var service = await cluster.ServiceAsync("internal-gone", "internalTrafficPolicy: Local", "TCP", ProxyNetwork.Far, ProxyNetwork.Pod2);
        var before = await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Pod1, service.ClusterIP, 80));

        await cluster.EndpointsAsync("internal-gone", "TCP", ProxyNetwork.Far);

        Assert.Equal(ProxyNetwork.Pod2, before.Endpoint);
        await Wait.UntilAsync("the Service to fall silent", TimeSpan.FromSeconds(15), async () =>
            await Network.AskAsync(ProxyNetwork.Pod1, service.ClusterIP, 80) == Silence);
    }

    [Theory]
    [InlineData(ProxyNetwork.Pod1)]
    [InlineData(ProxyNetwork.Node)]
    [InlineData(ProxyNetwork.Outside)]
    public async Task NoEndpoints_AskedFromAnywhere_IsRefusedAtOnce(string from)
    {
        var service = await cluster.ServiceAsync($"empty-{from}", NodePort, "TCP");

        await Wait.UntilAsync("the cluster address to refuse", TimeSpan.FromSeconds(15), async () => (await Network.AskAsync(from, service.ClusterIP, 80)).Refused);
        Assert.True((await Network.AskAsync(from, "172.31.77.1", service.NodePort)).Refused);
    }

    [Fact]
    public async Task SessionAffinity_OneClient_StaysWithOneEndpoint()
    {
        var service = await cluster.ServiceAsync("sticky", "sessionAffinity: ClientIP", "TCP", ProxyNetwork.Pod1, ProxyNetwork.Pod2, ProxyNetwork.Far);
        var first = await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Outside, service.ClusterIP, 80));

        var answers = await ManyAsync(12, () => Network.AskAsync(ProxyNetwork.Outside, service.ClusterIP, 80));

        Assert.All(answers, a => Assert.Equal(first.Endpoint, a.Endpoint));
    }

    [Fact]
    public async Task LoadBalancer_SourceRanges_LetThroughWhoIsInThem()
    {
        await cluster.ServiceAsync("ranged", "type: LoadBalancer, loadBalancerSourceRanges: [172.31.77.0/24]", "TCP", ProxyNetwork.Pod2);
        await cluster.SetLoadBalancerAsync("ranged", "203.0.113.9");

        var allowed = await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Outside, "203.0.113.9", 80));
        var others = await Network.AskAsync(ProxyNetwork.Far, "203.0.113.9", 80);

        Assert.Equal(ProxyNetwork.Pod2, allowed.Endpoint);
        Assert.Equal(Silence, others);
    }

    [Theory]
    [InlineData("UDP")]
    [InlineData("SCTP")]
    public async Task EndpointReplaced_FlowOfAClientThatKeepsItsPort_Moves(string protocol)
    {
        const int SourcePort = 40123;
        var name = $"{protocol.ToLowerInvariant()}-moves";
        var service = await cluster.ServiceAsync(name, "", protocol, ProxyNetwork.Pod2);
        var before = await ReachesAsync(AskAsync);

        await cluster.EndpointsAsync(name, protocol, ProxyNetwork.Far);

        Assert.Equal(ProxyNetwork.Pod2, before.Endpoint);
        await Wait.UntilAsync("the flow to move", TimeSpan.FromSeconds(15), async () => (await AskAsync()).Endpoint == ProxyNetwork.Far, () => cluster.Log);

        Task<Answer> AskAsync() => Network.AskAsync(ProxyNetwork.Outside, protocol, service.ClusterIP, 80, SourcePort);
    }

    [Fact]
    public async Task Restart_NothingChanged_LeavesTheRulesAsTheyAre()
    {
        var service = await cluster.ServiceAsync("restart", NodePort, "TCP", ProxyNetwork.Pod1, ProxyNetwork.Pod2);
        await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Outside, service.ClusterIP, 80));
        var before = await cluster.RulesAsync();

        await cluster.StopProxyAsync();
        var stopped = await Network.AskAsync(ProxyNetwork.Outside, service.ClusterIP, 80);
        await cluster.StartProxyAsync();
        await Wait.UntilAsync("a full sync that writes nothing", TimeSpan.FromSeconds(30), () => Task.FromResult(cluster.Log.Split('\n').Any(IsEmptyFullSync)), () => cluster.Log);

        Assert.NotEqual("", stopped.Endpoint);
        Assert.Equal(before, await cluster.RulesAsync());
    }

    private static bool IsEmptyFullSync(string line) =>
        line.Contains("Synced IPv4 rules (full)", StringComparison.Ordinal) && line.Contains(" 0 chains with 0 rules written", StringComparison.Ordinal);

    [Fact]
    public async Task Flush_BySomebodyElse_IsNoticedAndRepaired()
    {
        // The sync period is minutes: only the watch of the kernel's rules can have noticed.
        var service = await cluster.ServiceAsync("flushed", "", "TCP", ProxyNetwork.Pod2);
        await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Outside, service.ClusterIP, 80));
        var before = await cluster.RulesAsync();

        await cluster.FlushEverythingAsync();

        await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Outside, service.ClusterIP, 80));
        await Wait.UntilAsync("the rules to be as before", TimeSpan.FromSeconds(30), async () => Sorted(await cluster.RulesAsync()) == Sorted(before), () => cluster.Log);
    }

    [Theory]
    [InlineData("-t", "nat", "-F", "KUBE-SERVICES")]
    [InlineData("-t", "nat", "-F", "OUTPUT")]
    [InlineData("-t", "filter", "-F")]
    public async Task Flush_OfOneChain_IsNoticedAndRepaired(params string[] flush)
    {
        await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Pod1, cluster.Shapes["cluster"].ClusterIP, 80));
        var before = await cluster.RulesAsync();

        await cluster.IptablesAsync(flush);

        await Wait.UntilAsync("the rules to be as before", TimeSpan.FromSeconds(30), async () => Sorted(await cluster.RulesAsync()) == Sorted(before), () => cluster.Log);
    }

    [Theory]
    [InlineData("TCP")]
    [InlineData("UDP")]
    [InlineData("SCTP")]
    public async Task PacketTable_EveryRow_IsAnsweredByTheRightEndpointsFromTheRightSource(string protocol)
    {
        var rows = cluster.Shapes.Rows(protocol).ToList();
        await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Pod1, cluster.Shapes["cluster"].ClusterIP, 80));
        if (cluster.Shapes["cluster"].ClusterIP6 is { Length: > 0 } address)
        {
            await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Pod1, address, 80));
        }


        // Refusals come to every raw socket that is connected to the address, so the rows with refusals come alone.
        var wrong = new List<string?>();
        foreach (var row in rows.Where(r => r.Shape.Endpoints.Length == 0))
        {
            wrong.Add(await row.CheckAsync(Network));
        }

        var parallel = new ParallelOptions { MaxDegreeOfParallelism = 16 };
        await Parallel.ForEachAsync(rows.Where(r => r.Shape.Endpoints.Length > 0), parallel, async (row, _) =>
        {
            var problem = await row.CheckAsync(Network);
            lock (wrong)
            {
                wrong.Add(problem);
            }
        });

        wrong.RemoveAll(w => w is null);
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {rows.Count} rows:\n{string.Join('\n', wrong)}");
    }

    /// <summary>What comes from pods of the node to a cluster address keeps its source, what comes from elsewhere does not.</summary>
    [Fact]
    public async Task DetectLocalMode_EachOfThem_KeepsTheSourceOfLocalTrafficOnly()
    {
        var service = await cluster.ServiceAsync("detected", "", "TCP", ProxyNetwork.Pod2);
        try
        {
            foreach (var (fields, local, other) in DetectLocalModes)
            {
                await cluster.StopProxyAsync();
                await cluster.StartProxyAsync(fields);

                await Wait.UntilAsync($"traffic to be told apart by {fields}", TimeSpan.FromSeconds(30), async () =>
                    await SourceAsync(local) == ProxyNetwork.Addresses[local] && await SourceAsync(other) == ProxyNetwork.Addresses[ProxyNetwork.Bridge], () => cluster.Log);
            }
        }
        finally
        {
            await cluster.StopProxyAsync();
            await cluster.StartProxyAsync();
            await Wait.UntilAsync("the rules of the last mode to go", TimeSpan.FromSeconds(30), async () =>
                !(await cluster.RulesAsync() + await cluster.RulesAsync("ip6tables")).Contains(" outs+ ", StringComparison.Ordinal), () => cluster.Log);
        }

        async Task<string> SourceAsync(string from) => (await Network.AskAsync(from, service.ClusterIP, 80)).Source;
    }

    /// <summary>The simulation that the unit tests rely on promises of the kernel's rules what packets are seen to do.</summary>
    [Fact]
    public async Task SimulatedTrace_OfEveryRowOfThePacketTable_AgreesWithThePackets()
    {
        await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Pod1, cluster.Shapes["cluster"].ClusterIP, 80));
        var rules = new Dictionary<AddressFamily, PacketTrace>
        {
            [AddressFamily.InterNetwork] = PacketTrace.OfSaved(await cluster.RulesAsync(), Network.NodeAddresses),
            [AddressFamily.InterNetworkV6] = PacketTrace.OfSaved(await cluster.RulesAsync("ip6tables"), Network.NodeAddresses),
        };
        var wrong = new List<string?>();
        foreach (var row in new[] { "TCP", "UDP", "SCTP" }.SelectMany(cluster.Shapes.Rows))
        {
            var source = row.Client == ProxyNetwork.Node ? await Network.SourceAsync(row.Address) : ProxyNetwork.AddressOf(row.Client, row.Family);
            wrong.Add(row.Trace(rules[row.Family], source));
        }

        wrong.RemoveAll(w => w is null);
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

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

        Assert.Contains("\"localEndpoints\": 1", healthy.Body, StringComparison.Ordinal);
        Assert.Contains("\"serviceProxyHealthy\": true", healthy.Body, StringComparison.Ordinal);
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

        // What was read for another scrape is good for ten seconds.
        await Wait.UntilAsync("the connections to be counted", TimeSpan.FromSeconds(30), async () =>
        {
            var (_, body) = await Network.GetAsync(ProxyNetwork.Node, "http://127.0.0.1:10249/metrics");
            return Value(body, "kubeproxy_service_connections_total{namespace=\"default\",service=\"counted\",port=\"web\",ip_family=\"IPv4\"}") >= 5
                && Value(body, "kubeproxy_iptables_localhost_nodeports_accepted_packets_total") >= 1
                && Value(body, "kubeproxy_no_endpoints_rejected_packets_total{ip_family=\"IPv4\"}") >= 1;
        }, () => cluster.Log);
        Assert.Equal("iptables", (await Network.GetAsync(ProxyNetwork.Node, "http://127.0.0.1:10249/proxyMode")).Body);
        Assert.Contains("\"clusterCIDR\":\"10.244.0.0/16,fd00:244::/32\"", (await Network.GetAsync(ProxyNetwork.Node, "http://127.0.0.1:10249/configz")).Body, StringComparison.Ordinal);
        Assert.Equal(200, (await Network.GetAsync(ProxyNetwork.Node, "http://127.0.0.1:10256/livez")).Code);
        Assert.Contains("\"nodeEligible\":true", (await Network.GetAsync(ProxyNetwork.Node, "http://127.0.0.1:10256/healthz")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cleanup_AfterTheProxy_LeavesNothing()
    {
        await cluster.StopProxyAsync();
        try
        {
            var cleaned = await cluster.CommandAsync("--cleanup");

            Assert.Equal(0, cleaned.ExitCode);
            Assert.DoesNotContain("KUBE", await cluster.RulesAsync(), StringComparison.Ordinal);
            Assert.DoesNotContain("KUBE", await cluster.RulesAsync("ip6tables"), StringComparison.Ordinal);
        }
        finally
        {
            await cluster.StartProxyAsync();
        }

        await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Pod1, cluster.Shapes["cluster"].ClusterIP, 80));
    }

    private static double Value(string metrics, string series) =>
        metrics.Split('\n').FirstOrDefault(l => l.StartsWith(series, StringComparison.Ordinal)) is { } line
            ? double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture)
            : 0;

    /// <summary>Chains come in another order when they were written anew.</summary>
    private static string Sorted(string rules) => string.Join('\n', rules.Split('\n').Order(StringComparer.Ordinal));

    /// <summary>Rules take a moment after the API server has the Service.</summary>
    private async Task<Answer> ReachesAsync(Func<Task<Answer>> ask)
    {
        var answer = Silence;
        await Wait.UntilAsync("the Service to answer", TimeSpan.FromSeconds(30), async () => (answer = await ask()).Endpoint.Length > 0, () => cluster.Log);
        return answer;
    }

    private static async Task<List<Answer>> ManyAsync(int times, Func<Task<Answer>> ask)
    {
        var answers = new List<Answer>();
        for (var i = 0; i < times; i++)
        {
            answers.Add(await ask());
        }

        return answers;
    }
}
