using System.Globalization;
using System.Text;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Explain;

/// <summary>Writes, for people, how packets for a Service get to its endpoints: through which chains, to which endpoints, and why.</summary>
internal static class ServiceExplanation
{
    /// <param name="name"><c>namespace/name</c>, or <c>namespace/name:port</c> with a port's name or number.</param>
    /// <returns>Null when no family has such a Service port.</returns>
    public static string? Write(string name, IEnumerable<ExplainedState> families, DateTimeOffset now)
    {
        if (name.Split('/') is not [var namespaceName, var rest])
        {
            return null;
        }

        var colon = rest.IndexOf(':', StringComparison.Ordinal);
        var key = new ServiceKey(namespaceName, colon < 0 ? rest : rest[..colon]);
        var port = colon < 0 ? null : rest[(colon + 1)..];
        var text = new StringBuilder();
        foreach (var family in families)
        {
            foreach (var state in family.Model.Services.GetValueOrDefault(key) ?? [])
            {
                if (port is null || port == state.Port.Name.Port || port == Text(state.Port.Port))
                {
                    Write(text, state, family, now);
                }
            }
        }

        return text.Length == 0 ? null : text.ToString();
    }

    private static void Write(StringBuilder text, ServicePortState state, ExplainedState family, DateTimeOffset now)
    {
        var port = state.Port;
        var rules = ServicePortRules.Build(state, family.Settings);
        text.Append(CultureInfo.InvariantCulture, $"{port.Name} {port.Name.Protocol.Text().ToUpperInvariant()} ({family.Family})\n");
        text.Append(CultureInfo.InvariantCulture, $"  programmed: {When(family.Programmed(port.Name.Service), now)}; all rules compared with the kernel's: {When(family.Compared, now)}\n");
        text.Append(CultureInfo.InvariantCulture, $"  policies: internal {Policy(port.InternalPolicyLocal)}, external {Policy(port.ExternalPolicyLocal)}{(port.AffinitySeconds is { } seconds ? $"; a client stays with its endpoint for {seconds} s" : "")}\n");
        text.Append("  packets:\n");
        foreach (var entry in rules.Dispatch)
        {
            text.Append(CultureInfo.InvariantCulture, $"    to {Destination(entry)}: {Path(entry, family)} -> {Target(entry.Rule)}\n");
        }

        text.Append("  endpoints:\n");
        WriteEndpoints(text, state, family.Settings.Node);
        text.Append("  chains:\n");
        foreach (var chain in rules.Chains)
        {
            text.Append(CultureInfo.InvariantCulture, $"    {chain.Id.Name}\n");
            foreach (var rule in chain.Rules)
            {
                text.Append(CultureInfo.InvariantCulture, $"      {rule}\n");
            }
        }
    }

    private static void WriteEndpoints(StringBuilder text, ServicePortState state, NodeTopology node)
    {
        if (state.Endpoints.Count == 0)
        {
            text.Append("    none: clients are refused\n");
        }

        var selection = EndpointSelection.Select(state, node);
        foreach (var endpoint in state.Endpoints)
        {
            var verdicts = new List<string>();
            if (EndpointVerdict.Cluster(endpoint, state, selection, node) is { } cluster)
            {
                verdicts.Add($"policy Cluster: {cluster}");
            }

            if (EndpointVerdict.Local(endpoint, state, selection) is { } local)
            {
                verdicts.Add($"policy Local: {local}");
            }

            text.Append(CultureInfo.InvariantCulture, $"    {endpoint}{(endpoint.Local ? " on this node" : "")}: {string.Join("; ", verdicts)}\n");
        }
    }

    /// <summary>The chains that a packet crosses from the fixed chain to the rule.</summary>
    private static string Path(DispatchEntry entry, ExplainedState family)
    {
        var (rootRules, chains) = DispatchTree.Build(entry.Root, family.Dispatch(entry.Root));
        var path = new List<string>();
        for (var chain = chains.Find(c => c.Rules.Contains(entry.Rule)); chain is not null; chain = chains.Find(c => c.Rules.Any(r => Target(r) == path[0])))
        {
            path.Insert(0, chain.Id.Name);
        }

        var known = path.Count > 0 || rootRules.Contains(entry.Rule);
        var start = entry.Root == new ChainId(Table.Nat, ChainNames.NodePorts) ? $"nat/{ChainNames.Services} -> {ChainNames.NodePorts}" : entry.Root.ToString();
        return known ? string.Join(" -> ", path.Prepend(start)) : $"{start} (not written yet)";
    }

    private static string Destination(DispatchEntry entry) => entry.Destination is { } address ? $"{new System.Net.IPEndPoint(address, entry.Port)}" : $"port {entry.Port} of this node";

    private static string Target(string rule)
    {
        var jump = rule.LastIndexOf("-j ", StringComparison.Ordinal);
        return jump < 0 ? "" : rule[(jump + 3)..].Split(' ')[0];
    }

    private static string Policy(bool local) => local ? "Local" : "Cluster";

    private static string When(DateTimeOffset? time, DateTimeOffset now) => time is { } known
        ? string.Create(CultureInfo.InvariantCulture, $"{known.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ}, {Math.Max(0, (now - known).TotalSeconds):F0} s ago")
        : "not yet";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
