using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;
using NodeAgent.Proxy.Tests.Fakes;

namespace NodeAgent.Proxy.Tests.Iptables;

public class CleanupTests
{
    private static readonly RuleSettings Settings = new(IPFamily.IPv4, new NodeTopology(Model.Node, "")) { LocalhostNodePorts = true };

    [Fact]
    public async Task Text_RulesOfServices_LeavesNothing()
    {
        var iptables = new FakeIptables();
        var empty = iptables.Save();
        await FillAsync(iptables);

        await iptables.RestoreAsync(Cleanup.Text(await iptables.ReadAsync(default)), default);

        Assert.Equal(empty, iptables.Save());
    }

    [Fact]
    public async Task Text_KubeletOnTheNode_LeavesItsChains()
    {
        var iptables = new FakeIptables();
        iptables.Tables["mangle"]["KUBE-KUBELET-CANARY"] = [];
        await FillAsync(iptables);

        await iptables.RestoreAsync(Cleanup.Text(await iptables.ReadAsync(default)), default);

        Assert.Contains("-j KUBE-FIREWALL", iptables.Tables["filter"]["INPUT"]);
        Assert.Equal(["KUBE-KUBELET-CANARY"], iptables.Tables["mangle"].Keys.Where(c => c.StartsWith("KUBE", StringComparison.Ordinal)));
    }

    [Fact]
    public void Text_NothingOfTheProxys_IsEmpty() => Assert.Empty(Cleanup.Text(KernelState.Empty));

    private static async Task FillAsync(FakeIptables iptables)
    {
        var model = Model.Of(Enumerable.Range(1, 60).Select(i => (Model.Port($"ns/s-{i}", $"10.96.0.{i}") with { NodePort = 30000 + i }).With(Model.Endpoint($"10.244.0.{i}"))));
        await iptables.RestoreAsync(RestoreText.Of(new RuleBook(Settings).Compare(model, await iptables.ReadAsync(default))), default);
    }
}
