using NodeAgent.Proxy.Explain;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;
using NodeAgent.Proxy.Tests.Fakes;

namespace NodeAgent.Proxy.Tests.Explain;

public class ServiceExplanationTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly RuleSettings Settings = new(IPFamily.IPv4, new NodeTopology(Model.Node, "zone-a"));

    [Fact]
    public void Write_ServiceInATree_NamesThePathOfItsPackets()
    {
        var ports = Enumerable.Range(1, 40).Select(i => Model.Port($"ns/s-{i}", $"10.96.0.{i}").With(Model.Endpoint("10.244.0.1"))).ToArray();

        var text = Write("ns/s-7", ports)!;

        Assert.Contains("ns/s-7:http TCP (IPv4)", text, StringComparison.Ordinal);
        Assert.Contains($"to 10.96.0.7:80: nat/KUBE-SERVICES -> KUBE-SVC-BY-IP-7 -> {ChainNames.Cluster(ports[6].Port.Name)}", text, StringComparison.Ordinal);
        Assert.Contains("programmed: 2026-01-02T03:04:00.000Z, 5 s ago", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_EndpointsOfManyKinds_SaysWhyEachIsUsedOrNot()
    {
        var hinted = Model.Endpoint("10.244.0.1") with { ZoneHints = ["zone-a"] };
        var elsewhere = Model.Endpoint("10.244.0.2") with { ZoneHints = ["zone-b"] };
        var port = Model.Port("ns/web", "10.96.0.1") with { NodePort = 30001, ExternalPolicyLocal = true };

        var text = Write("ns/web:http", port.With(hinted, elsewhere, Model.Terminating("10.244.0.3"), Model.Endpoint("10.244.0.4") with { Ready = false, Serving = false }, Model.Terminating("10.244.0.5", local: true)))!;

        Assert.Contains("10.244.0.1:8080: policy Cluster: used; policy Local: not used: on another node", text, StringComparison.Ordinal);
        Assert.Contains("10.244.0.2:8080: policy Cluster: not used: its hints are for the zones zone-b, this node is in zone-a", text, StringComparison.Ordinal);
        Assert.Contains("10.244.0.3:8080: policy Cluster: not used: terminates, and there are ready endpoints", text, StringComparison.Ordinal);
        Assert.Contains("10.244.0.4:8080: policy Cluster: not used: not ready", text, StringComparison.Ordinal);
        Assert.Contains("10.244.0.5:8080 on this node: policy Cluster: not used: terminates, and there are ready endpoints; policy Local: used, because no endpoint on this node is ready", text, StringComparison.Ordinal);
        Assert.Contains("to port 30001 of this node: nat/KUBE-SERVICES -> KUBE-NODEPORTS -> KUBE-EXT-", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_NoEndpoints_SaysThatClientsAreRefused()
    {
        var text = Write("ns/web:80", Model.Port("ns/web", "10.96.0.1").With())!;

        Assert.Contains("none: clients are refused", text, StringComparison.Ordinal);
        Assert.Contains("to 10.96.0.1:80: filter/KUBE-SERVICES -> REJECT", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ns/other")]
    [InlineData("ns/web:dns")]
    [InlineData("web")]
    public void Write_UnknownService_IsNull(string name) => Assert.Null(Write(name, Model.Port("ns/web", "10.96.0.1").With()));

    [Fact]
    public async Task Of_ChainsThatDiffer_ShowsWhatComesAndGoes()
    {
        var before = Model.Port("ns/web", "10.96.0.1").With(Model.Endpoint("10.244.0.1"));
        var after = Model.Port("ns/web", "10.96.0.1").With(Model.Endpoint("10.244.0.2"));
        var iptables = new FakeIptables();
        await iptables.RestoreAsync(RestoreTextOf(before), default);
        var kernel = await iptables.ReadAsync(default);
        var plan = new RuleBook(Settings).Compare(Model.Of(after), kernel);
        var cluster = new ChainId(Table.Nat, ChainNames.Cluster(after.Port.Name));

        var text = PlanText.Of(IPFamily.IPv4, plan, kernel, new Dictionary<ChainId, List<string>> { [cluster] = iptables.Tables["nat"][cluster.Name] });

        Assert.Equal($"""
            IPv4: 2 chains to write, 1 to delete, 0 rules to add to chains of others
            + nat/{ChainNames.Endpoint(after.Port.Name, after.Endpoints[0])}
                + -s 10.244.0.2/32 -m comment --comment "ns/web:http" -j KUBE-MARK-MASQ
                + -p tcp -m comment --comment "ns/web:http" -m tcp -j DNAT --to-destination 10.244.0.2:8080
              {cluster}
                - -m comment --comment "ns/web:http -> 10.244.0.1:8080" -j {ChainNames.Endpoint(before.Port.Name, before.Endpoints[0])}
                + -m comment --comment "ns/web:http -> 10.244.0.2:8080" -j {ChainNames.Endpoint(after.Port.Name, after.Endpoints[0])}
            - nat/{ChainNames.Endpoint(before.Port.Name, before.Endpoints[0])} (2 rules)

            """, text);
    }

    private static ReadOnlyMemory<byte> RestoreTextOf(ServicePortState port) =>
        NodeAgent.Proxy.Iptables.RestoreText.Of(new RuleBook(Settings).Compare(Model.Of(port), KernelState.Empty));

    private static string? Write(string name, params ServicePortState[] ports)
    {
        var book = new RuleBook(Settings);
        book.Compare(Model.Of(ports), KernelState.Empty);
        return ServiceExplanation.Write(name, [new ExplainedState(IPFamily.IPv4, Model.Of(ports), Settings, book.DispatchOf, _ => Now - TimeSpan.FromSeconds(5), Now)], Now);
    }
}
