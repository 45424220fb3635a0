using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Rules;

/// <summary>The rules that are there whatever the Services are.</summary>
internal static class BaseRules
{
    private const string New = "-m conntrack --ctstate NEW ";

    /// <summary>The fixed chains that dispatch starts from; they exist even when nothing hangs below them. None jumps to a later one.</summary>
    public static readonly IReadOnlyList<ChainId> DispatchRoots =
    [
        new(Table.Filter, ChainNames.Services),
        new(Table.Filter, ChainNames.ExternalServices),
        new(Table.Filter, ChainNames.NodePorts),
        new(Table.Filter, ChainNames.ProxyFirewall),
        new(Table.Nat, ChainNames.NodePorts),
        new(Table.Nat, ChainNames.Services),
    ];

    /// <summary>Empty chains: when they are gone, somebody flushed the tables.</summary>
    public static readonly IReadOnlyList<ChainId> Canaries =
    [
        new(Table.Filter, ChainNames.Canary),
        new(Table.Nat, ChainNames.Canary),
        new(Table.Mangle, ChainNames.Canary),
    ];

    /// <summary>The kubelet's chain, which holds rules of the kubelet's own too: it is made when it is missing, and never emptied or removed.</summary>
    public static readonly IReadOnlyList<ChainId> SharedChains = [new(Table.Filter, ChainNames.KubeletFirewall)];

    /// <summary>Has no target: its counter says how many connections from localhost the rules masquerade, which only those to node ports are.</summary>
    public static readonly string LocalhostNodePortsCounter = $"-s 127.0.0.0/8 {RuleText.Comment("kubernetes service nodeports on localhost")}";

    private static readonly ChainId Firewall = new(Table.Filter, ChainNames.KubeletFirewall);

    private static readonly SharedRule[] Jumps =
    [
        Jump("INPUT", New, "kubernetes externally-visible service portals", ChainNames.ExternalServices),
        Jump("FORWARD", New, "kubernetes externally-visible service portals", ChainNames.ExternalServices),
        Jump("INPUT", "", "kubernetes health check service ports", ChainNames.NodePorts),
        Jump("FORWARD", New, "kubernetes service portals", ChainNames.Services),
        Jump("OUTPUT", New, "kubernetes service portals", ChainNames.Services),
        Jump("FORWARD", "", "kubernetes forwarding rules", ChainNames.Forward),
        Jump("INPUT", New, "kubernetes load balancer firewall", ChainNames.ProxyFirewall),
        Jump("OUTPUT", New, "kubernetes load balancer firewall", ChainNames.ProxyFirewall),
        Jump("FORWARD", New, "kubernetes load balancer firewall", ChainNames.ProxyFirewall),
        new(new(Table.Filter, "INPUT"), $"-j {ChainNames.KubeletFirewall}", KeepOnCleanup: true),
        new(new(Table.Filter, "OUTPUT"), $"-j {ChainNames.KubeletFirewall}", KeepOnCleanup: true),
        new(new(Table.Nat, "OUTPUT"), $"{RuleText.Comment("kubernetes service portals")} -j {ChainNames.Services}"),
        new(new(Table.Nat, "PREROUTING"), $"{RuleText.Comment("kubernetes service portals")} -j {ChainNames.Services}"),
        new(new(Table.Nat, "POSTROUTING"), $"{RuleText.Comment("kubernetes postrouting rules")} -j {ChainNames.Postrouting}"),
    ];

    /// <summary>Two rules that go when somebody empties the built-in chains and leaves the rest.</summary>
    public static IEnumerable<SharedRule> CanaryJumps => Jumps.Where(j => j.Chain.Name == "OUTPUT" && j.Rule.EndsWith($"-j {ChainNames.Services}", StringComparison.Ordinal));

    /// <summary>The chains that hold the same rules whatever the Services are.</summary>
    public static IEnumerable<Chain> Fixed(RuleSettings settings)
    {
        var mark = RuleText.Mark(settings.MasqueradeMark);
        var forward = new List<string>();
        if (!settings.ConntrackLiberal)
        {
            // A packet that conntrack cannot place would reach the client with the endpoint's own address, and reset the connection.
            forward.Add("-m conntrack --ctstate INVALID -j DROP");
        }

        forward.Add($"{RuleText.Comment("kubernetes forwarding rules")} -m mark --mark {mark}/{mark} -j ACCEPT");
        forward.Add($"{RuleText.Comment("kubernetes forwarding conntrack rule")} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT");
        yield return new Chain(new(Table.Filter, ChainNames.Forward), forward);

        yield return new Chain(new(Table.Nat, ChainNames.MarkMasquerade), [$"-j MARK --set-xmark {mark}/{mark}"]);
        yield return new Chain(new(Table.Nat, ChainNames.Postrouting), [
            $"-m mark ! --mark {mark}/{mark} -j RETURN",
            .. settings is { Family: IPFamily.IPv4, LocalhostNodePorts: true } ? [LocalhostNodePortsCounter] : Array.Empty<string>(),
            $"-j MARK --set-xmark {mark}/0x0",
            $"{RuleText.Comment("kubernetes service traffic requiring SNAT")} -j MASQUERADE{(settings.RandomFully ? " --random-fully" : "")}",
        ]);

        foreach (var canary in Canaries)
        {
            yield return new Chain(canary, []);
        }
    }

    /// <summary>The rules that must stand in chains of others.</summary>
    public static IEnumerable<SharedRule> Shared(RuleSettings settings)
    {
        foreach (var jump in Jumps)
        {
            yield return jump;
        }

        if (settings is { Family: IPFamily.IPv4, LocalhostNodePorts: true })
        {
            // route_localnet lets neighbours send to 127.0.0.1 here; only what a node port translated may.
            yield return new SharedRule(
                Firewall,
                $"! -s 127.0.0.0/8 -d 127.0.0.0/8 {RuleText.Comment("block incoming localnet connections")} -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP",
                Prepend: false,
                KeepOnCleanup: true);
        }
    }

    /// <summary>What ends nat/KUBE-SERVICES: packets for no Service's address may be for a node port.</summary>
    public static IEnumerable<string> NodePortTail(RuleSettings settings)
    {
        var comment = RuleText.Comment("kubernetes service nodeports; NOTE: this must be the last rule in this chain");
        if (settings.NodePortAddresses is { } addresses)
        {
            foreach (var address in addresses)
            {
                if (!System.Net.IPAddress.IsLoopback(address) || settings.LocalhostNodePorts)
                {
                    yield return $"-d {RuleText.Host(address)} {comment} -j {ChainNames.NodePorts}";
                }
            }

            yield break;
        }

        var exceptLoopback = settings.Family == IPFamily.IPv6 ? "! -d ::1/128 " : settings.LocalhostNodePorts ? "" : "! -d 127.0.0.0/8 ";
        yield return $"{exceptLoopback}{comment} -m addrtype --dst-type LOCAL -j {ChainNames.NodePorts}";
    }

    private static SharedRule Jump(string from, string match, string comment, string to) =>
        new(new(Table.Filter, from), $"{match}{RuleText.Comment(comment)} -j {to}");
}
