namespace NodeAgent.Kubelet.Cpus;

/// <summary>cpuManagerPolicyOptions of the static policy.</summary>
internal sealed record CpuPolicyOptions
{
    private const string AlphaGate = "CPUManagerPolicyAlphaOptions";
    private const string BetaGate = "CPUManagerPolicyBetaOptions";

    /// <summary>full-pcpus-only: whole cores, or the pod is refused.</summary>
    public bool WholeCores { get; init; }

    /// <summary>distribute-cpus-across-numa: evenly over the NUMA nodes when one is not enough.</summary>
    public bool SpreadOverNodes { get; init; }

    /// <summary>align-by-socket: NUMA nodes of one socket count as near.</summary>
    public bool AlignBySocket { get; init; }

    /// <summary>distribute-cpus-across-cores: one CPU of each core first.</summary>
    public bool SpreadOverCores { get; init; }

    /// <summary>strict-cpu-reservation: pods of no class run on reserved CPUs.</summary>
    public bool StrictReservation { get; init; }

    /// <summary>prefer-align-cpus-by-uncorecache: CPUs that share a last-level cache, where there are enough.</summary>
    public bool AlignByCache { get; init; }

    /// <param name="gates">Feature gates as the configuration has them.</param>
    /// <param name="errors">Told what cannot be.</param>
    public static CpuPolicyOptions Parse(IReadOnlyDictionary<string, string> options, IReadOnlyDictionary<string, bool> gates, List<string> errors)
    {
        var result = new CpuPolicyOptions();
        foreach (var (name, text) in options.OrderBy(o => o.Key, StringComparer.Ordinal))
        {
            if (!bool.TryParse(text, out var value))
            {
                errors.Add($"cpuManagerPolicyOptions: bad value for option \"{name}\": \"{text}\" is neither true nor false");
                continue;
            }

            result = name switch
            {
                "full-pcpus-only" => result with { WholeCores = value },
                "strict-cpu-reservation" => result with { StrictReservation = value },
                "prefer-align-cpus-by-uncorecache" => result with { AlignByCache = value },
                "distribute-cpus-across-numa" when Gate(name, BetaGate, true) => result with { SpreadOverNodes = value },
                "align-by-socket" when Gate(name, AlphaGate, false) => result with { AlignBySocket = value },
                "distribute-cpus-across-cores" when Gate(name, AlphaGate, false) => result with { SpreadOverCores = value },
                "distribute-cpus-across-numa" or "align-by-socket" or "distribute-cpus-across-cores" => result,
                _ => Unknown(name),
            };
        }

        Exclude(result.WholeCores && result.SpreadOverCores, "full-pcpus-only", "distribute-cpus-across-cores");
        Exclude(result.SpreadOverNodes && result.SpreadOverCores, "distribute-cpus-across-numa", "distribute-cpus-across-cores");
        Exclude(result.AlignByCache && result.SpreadOverCores, "prefer-align-cpus-by-uncorecache", "distribute-cpus-across-cores");
        Exclude(result.AlignByCache && result.SpreadOverNodes, "prefer-align-cpus-by-uncorecache", "distribute-cpus-across-numa");
        return result;

        bool Gate(string option, string gate, bool byDefault)
        {
            var open = gates.TryGetValue(gate, out var set) ? set : byDefault;
            if (!open)
            {
                errors.Add($"cpuManagerPolicyOptions: \"{option}\" needs the feature gate {gate}");
            }

            return open;
        }

        CpuPolicyOptions Unknown(string name)
        {
            errors.Add($"cpuManagerPolicyOptions: unknown CPU Manager Policy option: \"{name}\"");
            return result;
        }

        void Exclude(bool both, string one, string other)
        {
            if (both)
            {
                errors.Add($"cpuManagerPolicyOptions: {one} and {other} can not be used at the same time");
            }
        }
    }
}
