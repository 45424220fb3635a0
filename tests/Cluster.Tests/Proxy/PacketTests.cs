using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Proxy;

/// <summary>Connections that are really made, through rules of one flavour of iptables.</summary>
[Trait("Category", "Cluster")]
public abstract class PacketTests(ProxyCluster cluster)
{
    private const string NodePort = "type: NodePort";
    private const string LocalNodePort = "type: NodePort, externalTrafficPolicy: Local";
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

    [Fact]
    public async Task NodePort_LocalPolicyAskedFromOutside_KeepsTheSourceAndStaysOnTheNode()
    {
        var service = await cluster.ServiceAsync("local", LocalNodePort, "TCP", ProxyNetwork.Pod1, ProxyNetwork.Far);
        await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Outside, "172.31.77.1", service.NodePort));

        var answers = await ManyAsync(10, () => Network.AskAsync(ProxyNetwork.Outside, "172.31.77.1", service.NodePort));

        Assert.All(answers, a => Assert.Equal((ProxyNetwork.Pod1, "172.31.77.2"), (a.Endpoint, a.Source)));
    }

    [Fact]
    public async Task NodePort_LocalPolicyWithoutLocalEndpoint_IsDroppedForOthersAndAnsweredForTheNode()
    {
        var service = await cluster.ServiceAsync("elsewhere", LocalNodePort, "TCP", ProxyNetwork.Far);

        var own = await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Node, "172.31.77.1", service.NodePort));
        var outside = await Network.AskAsync(ProxyNetwork.Outside, "172.31.77.1", service.NodePort);

        Assert.Equal(ProxyNetwork.Far, own.Endpoint);
        Assert.Equal(Silence, outside);
    }

    [FactSince(22, "internalTrafficPolicy")]
    public async Task InternalPolicyLocal_LocalEndpointGone_FallsSilent()
    {
        var service = await cluster.ServiceAsync("internal", "internalTrafficPolicy: Local", "TCP", ProxyNetwork.Far, ProxyNetwork.Pod2);
        var before = await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Pod1, service.ClusterIP, 80));

        await cluster.EndpointsAsync("internal", "TCP", ProxyNetwork.Far);

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
    public async Task Hairpin_PodAsksItsOwnService_IsAnsweredByItself()
    {
        var service = await cluster.ServiceAsync("self", "", "TCP", ProxyNetwork.Pod1);

        var answer = await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Pod1, service.ClusterIP, 80));

        Assert.Equal((ProxyNetwork.Pod1, "10.244.0.1"), (answer.Endpoint, answer.Source));
    }

    [Fact]
    public async Task LoadBalancer_SourceRanges_LetThroughWhoIsInThem()
    {
        await cluster.ServiceAsync("balanced", "type: LoadBalancer, loadBalancerSourceRanges: [172.31.77.0/24]", "TCP", ProxyNetwork.Pod2);
        await cluster.SetLoadBalancerAsync("balanced", "203.0.113.9");

        var allowed = await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Outside, "203.0.113.9", 80));
        var others = await Network.AskAsync(ProxyNetwork.Far, "203.0.113.9", 80);

        Assert.Equal(ProxyNetwork.Pod2, allowed.Endpoint);
        Assert.Equal(Silence, others);
    }

    [Fact]
    public async Task Udp_EndpointReplaced_FlowOfAClientThatKeepsItsPortMoves()
    {
        const int SourcePort = 40123;
        var service = await cluster.ServiceAsync("udp-moves", "", "UDP", ProxyNetwork.Pod2);
        var before = await ReachesAsync(() => Network.AskUdpAsync(ProxyNetwork.Outside, service.ClusterIP, 80, SourcePort));

        await cluster.EndpointsAsync("udp-moves", "UDP", ProxyNetwork.Far);

        Assert.Equal(ProxyNetwork.Pod2, before.Endpoint);
        await Wait.UntilAsync("the flow to move", TimeSpan.FromSeconds(15), async () =>
            (await Network.AskUdpAsync(ProxyNetwork.Outside, service.ClusterIP, 80, SourcePort)).Endpoint == ProxyNetwork.Far);
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
    public async Task Flush_BySomebodyElse_IsRepairedWithinThePeriod()
    {
        var service = await cluster.ServiceAsync("flushed", "", "TCP", ProxyNetwork.Pod2);
        await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Outside, service.ClusterIP, 80));

        await cluster.FlushEverythingAsync();

        await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Outside, service.ClusterIP, 80));
    }

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
