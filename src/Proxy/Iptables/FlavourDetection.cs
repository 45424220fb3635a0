using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Iptables;

/// <summary>Finds out which flavour of iptables a node uses.</summary>
internal static class FlavourDetection
{
    /// <summary>Chains that the kubelet makes for exactly this question.</summary>
    private static readonly string[] KubeletChains = ["KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY"];

    /// <summary>Whether a kubelet has made its chains in these tables.</summary>
    public static bool IsKubelets(KernelState kernel) => KubeletChains.Any(c => kernel.Others.Contains(new ChainId(Table.Mangle, c)));

    /// <summary>
    /// The flavour in which the kubelet made its chains, nft first; the host's default where it made none.
    /// </summary>
    /// <param name="read">Reads the mangle table of a flavour; null when the host does not have it. Called for all at once.</param>
    public static async Task<IptablesFlavour> DetectAsync(Func<IptablesFlavour, IPFamily, Task<KernelState?>> read)
    {
        var flavours = new[] { IptablesFlavour.Nft, IptablesFlavour.Legacy };
        var found = await Task.WhenAll(flavours.SelectMany(flavour => Enum.GetValues<IPFamily>().Select(async family =>
            (Flavour: flavour, IsUsed: await read(flavour, family) is { } kernel && IsKubelets(kernel)))));
        return found.FirstOrDefault(f => f.IsUsed).Flavour;
    }

    /// <summary>What the host's <c>iptables</c> says of itself: <c>iptables v1.8.9 (nf_tables)</c>.</summary>
    public static async Task<IptablesFlavour> OfHostDefaultAsync(CancellationToken cancellationToken)
    {
        var version = "";
        await Command.RunAsync("iptables", ["--version"], default, line => version = line, cancellationToken);
        return version.Contains("legacy", StringComparison.Ordinal) ? IptablesFlavour.Legacy
            : version.Contains("nf_tables", StringComparison.Ordinal) ? IptablesFlavour.Nft
            : IptablesFlavour.Default;
    }

    /// <summary>As <see cref="DetectAsync(Func{IptablesFlavour, IPFamily, Task{KernelState}})"/>, on this host.</summary>
    public static Task<IptablesFlavour> DetectAsync(CancellationToken cancellationToken) => DetectAsync(async (flavour, family) =>
    {
        try
        {
            using var tool = new IptablesTool(family, flavour);
            return await tool.ReadMangleAsync(cancellationToken);
        }
        catch (IptablesException)
        {
            return null;
        }
    });
}
