using System.Net.Sockets;
using NodeAgent.DevCluster.Processes;
using NodeAgent.Testing.Iptables;

namespace NodeAgent.Cluster.Tests.Proxy;

/// <summary>Connections that are really made, through rules of one flavour of iptables.</summary>
[Trait("Category", "Cluster")]
public abstract partial class PacketTests(ProxyCluster cluster)
{
    private const string NodePort = "type: NodePort";
    private static readonly Answer Silence = new("", "", Refused: false);
    private static readonly string[] MasqueradedSources = ["10.244.0.1", "10.99.0.1"];

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
    public async Task SessionAffinity_OverItsTimeout_ChoosesAnew()
    {
        var service = await cluster.ServiceAsync("forgetful", "sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 1}}", "TCP", ProxyNetwork.Pod1, ProxyNetwork.Pod2, ProxyNetwork.Far);
        var first = await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Outside, service.ClusterIP, 80));

        await Wait.UntilAsync(
            "another endpoint to be chosen",
            TimeSpan.FromSeconds(30),
            async () => (await Network.AskAsync(ProxyNetwork.Outside, service.ClusterIP, 80)).Endpoint != first.Endpoint,
            () => cluster.Log,
            interval: TimeSpan.FromSeconds(1.5));
    }

    [Fact]
    public async Task SeveralPorts_OfOneProtocol_EachLeadsToTheEndpointsOfItsName()
    {
        await cluster.ApplyAsync("""
            apiVersion: v1
            kind: Service
            metadata: {name: two-ports}
            spec: {ports: [{name: web, port: 80, targetPort: http, protocol: TCP}, {name: admin, port: 9000, targetPort: 8080, protocol: TCP}]}
            """);
        await cluster.ApplyAsync(cluster.SliceManifest("two-ports", "TCP", ProxyNetwork.Pod2));
        await cluster.ApplyAsync(cluster.SliceManifest("two-ports", "TCP", ProxyNetwork.Far).Replace("name: web,", "name: admin,", StringComparison.Ordinal).Replace("name: two-ports,", "name: two-ports-admin,", StringComparison.Ordinal));
        var address = (await cluster.Plane.KubectlAsync(["get", "service", "two-ports", "-o", "jsonpath={.spec.clusterIP}"])).Output.Trim();

        var web = await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Pod1, address, 80));
        var admin = await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Pod1, address, 9000));

        Assert.Equal((ProxyNetwork.Pod2, ProxyNetwork.Far), (web.Endpoint, admin.Endpoint));
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

    /// <summary>Rules of the other flavour and of nftables mode are there too, as on a node that was changed over.</summary>
    [Fact]
    public async Task Cleanup_AfterTheProxy_LeavesNothing()
    {
        var other = cluster.Flavour == "nft" ? "legacy" : "nft";
        await cluster.StopProxyAsync();
        try
        {
            await Network.RunAsync(ProxyNetwork.Node, $"iptables-{other}", ["-w", "5", "-t", "nat", "-N", "KUBE-SVC-LEFTOVER"]);
            await AddNftablesModeTablesAsync();

            var cleaned = await cluster.CommandAsync("--cleanup");

            Assert.Equal(0, cleaned.ExitCode);
            Assert.DoesNotContain("KUBE", await cluster.RulesAsync(), StringComparison.Ordinal);
            Assert.DoesNotContain("KUBE", await cluster.RulesAsync("ip6tables"), StringComparison.Ordinal);
            Assert.DoesNotContain("KUBE", (await Network.RunAsync(ProxyNetwork.Node, $"iptables-{other}-save", [])).Output, StringComparison.Ordinal);
            Assert.DoesNotContain("kube-proxy", await NftTablesAsync(), StringComparison.Ordinal);
        }
        finally
        {
            await cluster.StartProxyAsync();
        }

        await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Pod1, cluster.Shapes["cluster"].ClusterIP, 80));
    }

    /// <summary>Upstream's kube-proxy was in nftables mode before: its translations would go on beside ours.</summary>
    [Fact]
    public async Task Start_TablesOfNftablesModeAreThere_RemovesThemOnceItsOwnRulesStand()
    {
        await cluster.StopProxyAsync();
        try
        {
            await AddNftablesModeTablesAsync();
        }
        finally
        {
            await cluster.StartProxyAsync();
        }

        await Wait.UntilAsync("the tables of nftables mode to go", TimeSpan.FromSeconds(30), async () => !(await NftTablesAsync()).Contains("kube-proxy", StringComparison.Ordinal), () => cluster.Log);
        Assert.NotEqual("", (await Network.AskAsync(ProxyNetwork.Pod1, cluster.Shapes["cluster"].ClusterIP, 80)).Endpoint);
    }

    /// <summary>Whatever comes and goes, the kernel ends up with what a proxy that starts now would write.</summary>
    [Fact]
    public async Task RandomChanges_OfManyServices_EndInTheRulesOfAFreshStart()
    {
        const int Services = 20;
        const int Rounds = 6;
        var random = new Random(7);
        for (var round = 0; round < Rounds; round++)
        {
            var names = Enumerable.Range(0, Services).Where(_ => random.Next(2) == 0).ToList();
            await cluster.ApplyAsync(string.Join("\n---\n", names.SelectMany(n => RandomManifests(n, random))));
            var gone = Enumerable.Range(0, Services).Where(_ => random.Next(4) == 0).Select(RandomName);
            await cluster.Plane.KubectlAsync(["delete", "service", "--ignore-not-found", .. gone]);
        }

        var plan = "";
        await Wait.UntilAsync("the plan of a fresh start to have nothing to write", TimeSpan.FromSeconds(30), async () =>
        {
            var result = await cluster.CommandAsync("plan");
            plan = result.Output + result.Error;
            return result.ExitCode == 0;
        }, () => plan);
    }

    private static string RandomName(int number) => $"random-{number}";

    /// <summary>The kind of a Service follows from its number, its endpoints and affinity from chance.</summary>
    private IEnumerable<string> RandomManifests(int number, Random random)
    {
        string[] kinds = ["type: ClusterIP", "type: NodePort", "type: NodePort, externalTrafficPolicy: Local", "type: LoadBalancer, loadBalancerSourceRanges: [172.31.0.0/16]", $"type: ClusterIP, externalIPs: [192.0.2.{100 + number}]"];
        var affinity = random.Next(2) == 0 ? "None" : "ClientIP";
        var pods = new[] { ProxyNetwork.Pod1, ProxyNetwork.Pod2, ProxyNetwork.Far }.Where(_ => random.Next(2) == 0);
        yield return $$$"""
            apiVersion: v1
            kind: Service
            metadata: {name: {{{RandomName(number)}}}}
            spec: {ports: [{name: web, port: 80, targetPort: 8080, protocol: TCP}], sessionAffinity: {{{affinity}}}, {{{kinds[number % kinds.Length]}}}}
            """;
        yield return cluster.SliceManifest(RandomName(number), "TCP", [.. pods]);
    }

    private async Task AddNftablesModeTablesAsync()
    {
        foreach (var family in new[] { "ip", "ip6" })
        {
            await Network.RunAsync(ProxyNetwork.Node, "nft", [$"add table {family} kube-proxy; add chain {family} kube-proxy services; add rule {family} kube-proxy services counter; add chain {family} kube-proxy nat {{ type nat hook prerouting priority -100; }}; add rule {family} kube-proxy nat jump services"]);
        }
    }

    private async Task<string> NftTablesAsync() => (await Network.RunAsync(ProxyNetwork.Node, "nft", ["list", "tables"])).Output;

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
