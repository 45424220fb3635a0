using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Rules;

/// <summary>
/// The rules of one family: knows which chains the kernel should hold, and says what to write when Services change.
/// Touches nothing itself. For one caller at a time.
/// </summary>
/// <remarks>
/// <see cref="Update"/> takes for granted that every earlier plan was carried out; when one was not, or somebody else may
/// have changed the tables, <see cref="Compare"/> starts from what the kernel really holds. Both lead to the same chains:
/// those depend on the model and the settings, never on the way there.
/// </remarks>
internal sealed class RuleBook(RuleSettings settings)
{
    private readonly Dictionary<ChainId, ChainDigest> _chains = [];
    private readonly int[] _ruleCounts = new int[Enum.GetValues<Table>().Length];
    private readonly Dictionary<ServiceKey, ServiceRules> _services = [];
    private readonly Dictionary<ChainId, HashSet<ChainId>> _dispatch = BaseRules.DispatchRoots.ToDictionary(r => r, _ => new HashSet<ChainId>());

    public RuleSettings Settings { get; } = settings;

    /// <summary>Every chain that the kernel should hold.</summary>
    public IReadOnlyDictionary<ChainId, ChainDigest> Chains => _chains;

    /// <summary>Service ports whose internal traffic is dropped here because no endpoint is on this node.</summary>
    public int PortsWithoutLocalInternal { get; private set; }

    /// <summary>The same for traffic from outside.</summary>
    public int PortsWithoutLocalExternal { get; private set; }

    public int RuleCount(Table table) => _ruleCounts[(int)table];

    /// <summary>The rules by which packets are sent from a fixed chain to all Services.</summary>
    public IReadOnlyList<DispatchEntry> DispatchOf(ChainId root) => [.. _services.Values.SelectMany(s => s.Dispatch).Where(e => e.Root == root)];

    /// <summary>What to write after these Services changed.</summary>
    public RulePlan Update(ServiceModel model, IEnumerable<ServiceKey> changed)
    {
        var write = new List<Chain>();
        var delete = new HashSet<ChainId>();
        var roots = new HashSet<ChainId>();
        foreach (var key in changed)
        {
            UpdateService(key, model, write, delete, roots);
        }

        foreach (var root in BaseRules.DispatchRoots.Where(roots.Contains))
        {
            UpdateDispatch(root, write, delete);
        }

        return new RulePlan(write, [.. delete], [], []);
    }

    /// <summary>What to write so that the kernel holds what it should, whatever it holds now.</summary>
    public RulePlan Compare(ServiceModel model, KernelState kernel)
    {
        var parts = CompareInParts(model, kernel, int.MaxValue).ToList();
        return new RulePlan([.. parts.SelectMany(p => p.Write)], [.. parts.SelectMany(p => p.Delete)], [.. parts.SelectMany(p => p.Create)], [.. parts.SelectMany(p => p.Shared)]);
    }

    /// <summary>
    /// The same in plans of at most so many chains, none of which refers to what a later one brings. Each is made when it is
    /// asked for, so that the text of few rules is in memory at a time; the book is complete when all have been asked for.
    /// </summary>
    /// <remarks>
    /// Services come in the order in which a walk through the dispatch tree meets them. The kernel walks the whole table
    /// whenever a rule with a jump is added, and does so in two thirds of the time when it finds in sequence what was written
    /// in sequence.
    /// </remarks>
    public IEnumerable<RulePlan> CompareInParts(ServiceModel model, KernelState kernel, int maxChains)
    {
        var chains = BaseRules.DispatchRoots.Count + model.Services.Count + model.Ports.Sum(p => 1 + p.Endpoints.Count);
        Forget(kernel);
        _chains.EnsureCapacity(chains);
        var wanted = new HashSet<ChainId>(chains);
        var write = new List<Chain>();
        foreach (var chain in BaseRules.Fixed(Settings))
        {
            WriteIfDifferent(chain, write);
            wanted.Add(chain.Id);
        }

        foreach (var key in InWalkOrder(model))
        {
            UpdateService(key, model, write, [], []);
            wanted.UnionWith(_services[key].Chains);
            if (write.Count >= maxChains)
            {
                foreach (var part in write.Chunk(maxChains))
                {
                    yield return new RulePlan(part, [], [], []);
                }

                write = [];
            }
        }

        foreach (var root in BaseRules.DispatchRoots)
        {
            _dispatch[root].Clear();
            UpdateDispatch(root, write, []);
            wanted.Add(root);
            wanted.UnionWith(_dispatch[root]);
        }

        var delete = _chains.Keys.Where(c => !wanted.Contains(c)).ToList();
        delete.ForEach(Remove);
        var shared = BaseRules.Shared(Settings).Where(s => !kernel.SharedRules.Contains((s.Chain, s.Rule))).ToList();
        var create = BaseRules.SharedChains.Where(c => !kernel.Others.Contains(c)).ToList();
        foreach (var part in RulePlanParts.Of(new RulePlan(write, delete, create, shared), maxChains))
        {
            yield return part;
        }
    }

    private void Forget(KernelState kernel)
    {
        _chains.Clear();
        Array.Clear(_ruleCounts);
        _services.Clear();
        PortsWithoutLocalInternal = PortsWithoutLocalExternal = 0;
        foreach (var (chain, digest) in kernel.Own)
        {
            Set(chain, digest);
        }
    }

    private static IEnumerable<ServiceKey> InWalkOrder(ServiceModel model)
    {
        var order = new List<(ulong Place, ServiceKey Key)>(model.Services.Count);
        foreach (var (key, ports) in model.Services)
        {
            order.Add((ports.Count > 0 ? DispatchTree.Place(ports[0].Port.ClusterIP) : 0, key));
        }

        order.Sort((a, b) => a.Place != b.Place ? a.Place.CompareTo(b.Place) : a.Key.CompareTo(b.Key));
        return order.Select(o => o.Key);
    }

    private void UpdateService(ServiceKey key, ServiceModel model, List<Chain> write, HashSet<ChainId> delete, HashSet<ChainId> roots)
    {
        _services.Remove(key, out var before);
        before ??= ServiceRules.None;
        var after = ServiceRules.None;
        if (model.Services.TryGetValue(key, out var ports))
        {
            var rules = ports.Select(p => ServicePortRules.Build(p, Settings)).ToList();
            after = ServiceRules.Of(rules);
            _services[key] = after;
            foreach (var chain in rules.SelectMany(r => r.Chains).OrderBy(c => ChainNames.Level(c.Id.Name)).ThenByDescending(c => c.Id.Name.Length))
            {
                WriteIfDifferent(chain, write);
            }
        }

        foreach (var gone in before.Chains.Except(after.Chains))
        {
            Remove(gone);
            delete.Add(gone);
        }

        if (!before.Dispatch.SequenceEqual(after.Dispatch))
        {
            roots.UnionWith(before.Dispatch.Concat(after.Dispatch).Select(e => e.Root));
        }

        PortsWithoutLocalInternal += after.WithoutLocalInternal - before.WithoutLocalInternal;
        PortsWithoutLocalExternal += after.WithoutLocalExternal - before.WithoutLocalExternal;
    }

    private void UpdateDispatch(ChainId root, List<Chain> write, HashSet<ChainId> delete)
    {
        var (rules, chains) = DispatchTree.Build(root, DispatchOf(root));
        if (root == new ChainId(Table.Nat, ChainNames.Services))
        {
            rules.AddRange(BaseRules.NodePortTail(Settings));
        }

        foreach (var chain in chains)
        {
            WriteIfDifferent(chain, write);
        }

        WriteIfDifferent(new Chain(root, rules), write);
        var before = _dispatch[root];
        var after = chains.Select(c => c.Id).ToHashSet();
        foreach (var gone in before.Where(c => !after.Contains(c)))
        {
            Remove(gone);
            delete.Add(gone);
        }

        _dispatch[root] = after;
    }

    private void WriteIfDifferent(Chain chain, List<Chain> write)
    {
        var digest = ChainDigest.Of(chain.Rules);
        if (_chains.TryGetValue(chain.Id, out var known) && known == digest)
        {
            return;
        }

        Set(chain.Id, digest);
        write.Add(chain);
    }

    private void Set(ChainId chain, ChainDigest digest)
    {
        Remove(chain);
        _chains.Add(chain, digest);
        _ruleCounts[(int)chain.Table] += digest.Count;
    }

    private void Remove(ChainId chain)
    {
        if (_chains.Remove(chain, out var digest))
        {
            _ruleCounts[(int)chain.Table] -= digest.Count;
        }
    }

    /// <summary>What is remembered of a Service's rules: enough to take them away again, and to find its packets.</summary>
    private sealed record ServiceRules(ChainId[] Chains, DispatchEntry[] Dispatch, int WithoutLocalInternal, int WithoutLocalExternal)
    {
        public static readonly ServiceRules None = new([], [], 0, 0);

        public static ServiceRules Of(List<ServicePortRules> ports) => new(
            [.. ports.SelectMany(p => p.Chains).Select(c => c.Id)],
            [.. ports.SelectMany(p => p.Dispatch)],
            ports.Count(p => p.NoLocalInternal),
            ports.Count(p => p.NoLocalExternal));
    }
}
