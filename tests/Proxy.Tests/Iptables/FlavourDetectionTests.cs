using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Tests.Iptables;

public class FlavourDetectionTests
{
    private static readonly KernelState Kubelets = KernelState.Empty with { Others = new HashSet<ChainId> { new(Table.Mangle, "KUBE-IPTABLES-HINT") } };

    [Fact]
    public async Task DetectAsync_KubeletsChainsInLegacy_TakesLegacy()
    {
        var found = await FlavourDetection.DetectAsync((flavour, family) =>
            Task.FromResult<KernelState?>(flavour == IptablesFlavour.Legacy && family == IPFamily.IPv6 ? Kubelets : KernelState.Empty));

        Assert.Equal(IptablesFlavour.Legacy, found);
    }

    [Fact]
    public async Task DetectAsync_KubeletsChainsInBoth_TakesNft() =>
        Assert.Equal(IptablesFlavour.Nft, await FlavourDetection.DetectAsync((_, _) => Task.FromResult<KernelState?>(Kubelets)));

    [Fact]
    public async Task DetectAsync_NoKubelet_LeavesItToTheHost() =>
        Assert.Equal(IptablesFlavour.Default, await FlavourDetection.DetectAsync((_, _) => Task.FromResult<KernelState?>(null)));
}
