using System.Collections.Immutable;
using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;
using NodeAgent.Proxy.Tests.Fakes;
using NodeAgent.Testing.Iptables;

namespace NodeAgent.Proxy.Tests.Rules;

public class RuleBookTests
{
    private static readonly RuleSettings Settings = new(IPFamily.IPv4, new NodeTopology(Model.Node, "zone-a"))
    {
        LocalTraffic = LocalTraffic.ByCidr(System.Net.IPNetwork.Parse("10.244.0.0/16")),
        LocalhostNodePorts = true,
    };

    [Fact]
    public async Task Compare_NothingInKernel_WritesEverything()
    {
        var iptables = new FakeIptables();
        await ApplyAsync(iptables, new RuleBook(Settings), SmallModel());

        Assert.Contains("KUBE-SVC-", iptables.Save(), StringComparison.Ordinal);
        Assert.Contains(iptables.Tables["nat"]["PREROUTING"], r => r == "-m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES");
    }

    [Fact]
    public async Task Compare_KernelAsWanted_WritesNothing()
    {
        var iptables = new FakeIptables();
        await ApplyAsync(iptables, new RuleBook(Settings), SmallModel());

        var plan = new RuleBook(Settings).Compare(SmallModel(), await iptables.ReadAsync(default));

        Assert.True(plan.IsEmpty);
    }

    [Fact]
    public async Task Compare_OneChainTamperedWith_WritesThatChainOnly()
    {
        var iptables = new FakeIptables();
        var book = new RuleBook(Settings);
        await ApplyAsync(iptables, book, SmallModel());
        var chain = iptables.Tables["nat"].First(c => c.Key.StartsWith("KUBE-SEP-", StringComparison.Ordinal));
        chain.Value.RemoveAt(0);

        var plan = book.Compare(SmallModel(), await iptables.ReadAsync(default));

        Assert.Equal(chain.Key, Assert.Single(plan.Write).Id.Name);
        Assert.Empty(plan.Delete);
        Assert.Empty(plan.Shared);
    }

    [Fact]
    public async Task Compare_ChainsOfGoneServices_AreDeleted()
    {
        var iptables = new FakeIptables();
        await ApplyAsync(iptables, new RuleBook(Settings), SmallModel());

        await ApplyAsync(iptables, new RuleBook(Settings), ServiceModel.Empty);

        Assert.DoesNotContain(iptables.Tables["nat"].Keys, c => c.StartsWith("KUBE-S", StringComparison.Ordinal) && c != "KUBE-SERVICES");
    }

    [Fact]
    public async Task Update_OneEndpointChanged_WritesItsChainsOnly()
    {
        var iptables = new FakeIptables();
        var book = new RuleBook(Settings);
        await ApplyAsync(iptables, book, SmallModel());
        var changed = Model.Port("default/web", "10.96.0.10").With(Model.Endpoint("10.244.0.1"), Model.Endpoint("10.244.9.9"));
        var model = new ServiceModel(SmallModel().Services.SetItem(changed.Port.Name.Service, [changed]));

        var plan = book.Update(model, [changed.Port.Name.Service]);

        Assert.Equal(
            [ChainNames.Endpoint(changed.Port.Name, changed.Endpoints[1]), ChainNames.Cluster(changed.Port.Name)],
            plan.Write.Select(c => c.Id.Name));
        Assert.Equal(ChainNames.Endpoint(changed.Port.Name, Model.Endpoint("10.244.1.1")), Assert.Single(plan.Delete).Name);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(50)]
    public async Task Compare_WrittenInBatches_EndsInTheSameRules(int maxChains)
    {
        var random = new Random(7);
        var before = new ServiceModel(Enumerable.Range(0, 40).Select(i => new ServiceKey("ns", $"svc-{i}")).ToImmutableDictionary(k => k, k => RandomService(k, random)));
        var after = new ServiceModel(Enumerable.Range(20, 40).Select(i => new ServiceKey("ns", $"svc-{i}")).ToImmutableDictionary(k => k, k => RandomService(k, random)));
        var batched = new FakeIptables();
        foreach (var model in new[] { before, after })
        {
            foreach (var part in new RuleBook(Settings).CompareInParts(model, await batched.ReadAsync(default), maxChains))
            {
                await batched.RestoreAsync(RestoreText.Of(part), default);
            }
        }

        var whole = new FakeIptables();
        await ApplyAsync(whole, new RuleBook(Settings), after);
        Assert.Equal(whole.Save(), batched.Save());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Update_RandomChanges_EndInWhatAFreshStartWrites(int seed)
    {
        var random = new Random(seed);
        var live = new FakeIptables();
        var book = new RuleBook(Settings);
        var services = ImmutableDictionary<ServiceKey, ValueList<ServicePortState>>.Empty;
        await ApplyAsync(live, book, ServiceModel.Empty);
        for (var step = 0; step < 40; step++)
        {
            var changed = new HashSet<ServiceKey>();
            for (var i = random.Next(1, 12); i > 0; i--)
            {
                var key = new ServiceKey("ns", $"svc-{random.Next(40)}");
                services = random.Next(5) == 0 ? services.Remove(key) : services.SetItem(key, RandomService(key, random));
                changed.Add(key);
            }

            var plan = book.Update(new ServiceModel(services), changed);
            if (!plan.IsEmpty)
            {
                await live.RestoreAsync(RestoreText.Of(plan), default);
            }
        }

        var fresh = new FakeIptables();
        await ApplyAsync(fresh, new RuleBook(Settings), new ServiceModel(services));
        Assert.Equal(fresh.Save(), live.Save());
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1000)]
    [InlineData(5000)]
    public async Task Compare_ManyServices_FirstPacketCrossesFewRules(int services)
    {
        var model = Model.Of(Enumerable.Range(0, services).Select(i =>
            Model.Port($"ns/svc-{i}", $"10.{96 + (i / 60000)}.{i * 7 / 250 % 250}.{(i * 7 % 250) + 1}", port: 80 + i).With(Model.Endpoint("10.244.0.1"), Model.Endpoint("10.244.1.1"))));
        var iptables = new FakeIptables();
        await ApplyAsync(iptables, new RuleBook(Settings), model);
        var trace = PacketTrace.OfSaved(iptables.Save(), "192.168.0.1");

        var worst = model.Ports.Where((_, i) => i % (services / 5) == 0).Max(p => trace.Send(new Packet("10.244.3.3", p.Port.ClusterIP.ToString(), p.Port.Port)).MaxRules);

        // Jump, dispatch, masquerade check, endpoint choice and the endpoint's own chain.
        Assert.InRange(worst, 5, (2 * Math.Sqrt(services)) + 8);
    }

    /// <summary>Node ports on localhost need route_localnet, which alone would let neighbours in to everything that listens on loopback.</summary>
    [Theory]
    [InlineData("192.168.0.9", "DROP")]
    [InlineData("127.0.0.1", "ACCEPT")]
    public async Task Compare_NodePortsOnLocalhost_KeepNeighboursFromLoopback(string source, string verdict)
    {
        var iptables = new FakeIptables();
        await ApplyAsync(iptables, new RuleBook(Settings), SmallModel());

        Assert.Equal(verdict, PacketTrace.OfSaved(iptables.Save(), "192.168.0.1").Send(new Packet(source, "127.0.0.1", 10249)).Verdict);
    }

    [Fact]
    public async Task Compare_MoreThanAThousandEndpointsInSeveralSlices_ReachesEachOverFewRules()
    {
        var port = Model.Port("ns/wide", "10.96.0.1");
        var tracker = new ServiceTracker();
        tracker.SetService(port.Name.Service, [port]);
        for (var slice = 0; slice < 3; slice++)
        {
            var endpoints = Enumerable.Range(slice * 600, 600).Select(i => Model.Endpoint($"10.244.{i / 250}.{(i % 250) + 1}")).ToValueList();
            tracker.SetSlice(new SliceInfo(port.Name.Service, $"wide-{slice}", [new SlicePort(port.Name, endpoints)]), null);
        }

        var iptables = new FakeIptables();
        await ApplyAsync(iptables, new RuleBook(Settings), tracker.Take().Model);
        var result = PacketTrace.OfSaved(iptables.Save(), "192.168.0.1").Send(new Packet("10.244.3.3", "10.96.0.1", port.Port));

        Assert.Equal(1800, result.Endpoints.Count);
        Assert.InRange(result.MaxRules, 5, 120);
    }

    [Fact]
    public async Task Compare_ManyServices_StaysWithinTheBudgetOfRules()
    {
        const int Services = 1000;
        var model = Model.Of(Enumerable.Range(0, Services).Select(i =>
            Model.Port($"ns/svc-{i}", $"10.96.{i / 250}.{(i % 250) + 1}").With(Model.Endpoint($"10.244.0.{(i % 250) + 1}"), Model.Endpoint($"10.244.1.{(i % 250) + 1}"))));
        var iptables = new FakeIptables();
        var book = new RuleBook(Settings);
        await ApplyAsync(iptables, book, model);

        // Per Service: one rule to find it, one to masquerade, two to choose, two per endpoint; and a tenth for dispatch.
        Assert.InRange(book.RuleCount(Table.Nat), Services * 8, (Services * 8 * 11 / 10) + 10);
        Assert.InRange(book.RuleCount(Table.Filter), 1, 5);
        Assert.Equal(iptables.Tables["nat"].Values.Sum(c => c.Count) - 3, book.RuleCount(Table.Nat));
    }

    private static ServiceModel SmallModel() => Model.Of(
        Model.Port("default/web", "10.96.0.10").With(Model.Endpoint("10.244.0.1"), Model.Endpoint("10.244.1.1")),
        (Model.Port("default/api", "10.96.0.11", 443) with { NodePort = 30443 }).With(Model.Endpoint("10.244.0.2", local: true)),
        Model.Port("default/none", "10.96.0.12").With());

    private static ValueList<ServicePortState> RandomService(ServiceKey key, Random random)
    {
        var number = int.Parse(key.Name.AsSpan(4), System.Globalization.CultureInfo.InvariantCulture);
        var port = Model.Port(key.ToString(), $"10.96.{number / 16}.{number % 16}") with
        {
            NodePort = random.Next(2) * (30000 + number),
            AffinitySeconds = random.Next(4) == 0 ? 100 : null,
            ExternalPolicyLocal = random.Next(3) == 0,
            InternalPolicyLocal = random.Next(4) == 0,
            LoadBalancerIPs = random.Next(3) == 0 ? Model.IPs($"203.0.113.{number}") : [],
            LoadBalancerSourceRanges = random.Next(2) == 0 ? Model.Ranges("198.51.100.0/24") : [],
            ExternalIPs = random.Next(4) == 0 ? Model.IPs("192.0.2.7") : [],
            HealthCheckNodePort = random.Next(4) == 0 ? 32000 + number : 0,
        };
        var endpoints = Enumerable.Range(0, random.Next(6) == 0 ? random.Next(80) : random.Next(4))
            .Select(i => Model.Endpoint($"10.244.{number}.{i + 1}", local: i % 3 == 0) with { Ready = random.Next(4) > 0, Terminating = random.Next(3) == 0 });
        return [port.With([.. endpoints]), (port with { Name = port.Name with { Port = "dns", Protocol = Protocol.Udp }, Port = 53, NodePort = 0 }).With(Model.Endpoint($"10.244.{number}.1", 53))];
    }

    private static async Task ApplyAsync(FakeIptables iptables, RuleBook book, ServiceModel model)
    {
        var plan = book.Compare(model, await iptables.ReadAsync(default));
        if (!plan.IsEmpty)
        {
            await iptables.RestoreAsync(RestoreText.Of(plan), default);
        }
    }
}
