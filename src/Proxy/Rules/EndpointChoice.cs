using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Rules;

/// <summary>The rules by which a Service's chain picks one of its endpoints, each with the same probability.</summary>
internal static class EndpointChoice
{
    /// <summary>
    /// Above this many the endpoints are picked in steps: a group first, by the next character of the endpoint chain's
    /// hash, then one of the group. 5,000 endpoints then cost a packet some 40 rules instead of 2,500, and an endpoint that
    /// comes or goes rewrites three short chains.
    /// </summary>
    private const int GroupAbove = 32;
    private const int MaxChainNameLength = 28;
    private static readonly int HashStart = "KUBE-SEP-".Length;

    /// <summary>The chain itself first, then the chains of its groups.</summary>
    /// <param name="comments">Whether each rule says which endpoint it leads to.</param>
    public static List<Chain> Build(string chain, ServicePort port, IReadOnlyList<Endpoint> endpoints, bool comments)
    {
        var targets = new List<Target>(endpoints.Count);
        foreach (var endpoint in endpoints)
        {
            targets.Add(new Target(ChainNames.Endpoint(port.Name, endpoint), comments ? RuleText.Comment($"{port.Name} -> {endpoint}") : ""));
        }

        var rules = new List<string>();
        if (port.AffinitySeconds is { } seconds)
        {
            rules.AddRange(targets.Select(t => $"{t.Comment}{(comments ? " " : "")}-m recent --rcheck --seconds {seconds} --reap --name {t.Chain} --mask {FullMask(port)} --rsource -j {t.Chain}"));
        }

        var groups = new List<Chain>();
        rules.AddRange(Pick(chain, targets, depth: 0, groups));
        groups.Insert(0, new Chain(new ChainId(Table.Nat, chain), rules));
        return groups;
    }

    /// <summary>The mask that <c>recent</c> prints when the whole address counts.</summary>
    public static string FullMask(ServicePort port) => port.ClusterIP.Family() == IPFamily.IPv4
        ? "255.255.255.255"
        : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

    private static List<string> Pick(string chain, List<Target> targets, int depth, List<Chain> groups)
    {
        if (targets.Count <= GroupAbove || chain.Length + 1 > MaxChainNameLength)
        {
            return Spread(targets.ConvertAll(t => (t.Comment, t.Chain, 1)));
        }

        var choices = new List<(string Comment, string Chain, int Weight)>();
        foreach (var group in targets.GroupBy(t => t.Chain[HashStart + depth]).OrderBy(g => g.Key))
        {
            List<Target> members = [.. group];
            var name = chain + group.Key;
            groups.Add(new Chain(new ChainId(Table.Nat, name), Pick(name, members, depth + 1, groups)));
            choices.Add(("", name, members.Count));
        }

        return Spread(choices);
    }

    private static List<string> Spread(List<(string Comment, string Chain, int Weight)> choices)
    {
        var rules = new List<string>(choices.Count);
        var left = choices.Sum(c => c.Weight);
        foreach (var (comment, chain, weight) in choices)
        {
            var probability = weight < left ? RuleText.Probability(weight, left) : "";
            rules.Add(string.Join(' ', new[] { comment, probability, $"-j {chain}" }.Where(s => s.Length > 0)));
            left -= weight;
        }

        return rules;
    }

    private sealed record Target(string Chain, string Comment);
}
