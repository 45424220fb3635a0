using NodeAgent.KubeApi.Meta;
using NodeAgent.Kubelet.Config;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Cpus;

/// <summary>What the configuration says of CPUs.</summary>
/// <param name="Reserved">The CPUs that are for the system and the kubelet; empty when only their number is given.</param>
internal sealed record CpuSettings(bool IsStatic, CpuPolicyOptions Options, CpuSet Reserved, int ReservedCount)
{
    /// <param name="errors">Told what cannot be.</param>
    public static CpuSettings Parse(KubeletConfiguration config, List<string> errors)
    {
        if (config.CpuManagerPolicy is not ("none" or CpuManager.Policy))
        {
            errors.Add($"cpuManagerPolicy: \"{config.CpuManagerPolicy}\" is neither none nor static");
        }

        if (config.CpuManagerReconcilePeriod <= TimeSpan.Zero)
        {
            errors.Add("cpuManagerReconcilePeriod: must be greater than 0");
        }

        var reserved = CpuSet.Empty;
        try
        {
            reserved = CpuSet.Parse(config.ReservedSystemCpus);
        }
        catch (FormatException e)
        {
            errors.Add($"reservedSystemCPUs: {e.Message}");
        }

        if (!reserved.IsEmpty && config.SystemReservedCgroup.Length + config.KubeReservedCgroup.Length > 0)
        {
            errors.Add("reservedSystemCPUs: cannot be used with systemReservedCgroup or kubeReservedCgroup");
        }

        var isStatic = config.CpuManagerPolicy == CpuManager.Policy;
        var milli = Milli(config.SystemReserved) + Milli(config.KubeReserved);
        var count = reserved.IsEmpty ? (int)((milli + 999) / 1000) : reserved.Count;
        if (isStatic && count == 0)
        {
            errors.Add("cpuManagerPolicy: the static policy needs CPUs that no container has for itself: set reservedSystemCPUs, or cpu in systemReserved or kubeReserved");
        }

        return new CpuSettings(isStatic, isStatic ? CpuPolicyOptions.Parse(config.CpuManagerPolicyOptions, config.FeatureGates, errors) : new CpuPolicyOptions(), reserved, count);
    }

    /// <summary>CPUs that are reserved by number count as what the system reserves, whatever else is set.</summary>
    public static void Overwrite(KubeletConfiguration config)
    {
        try
        {
            if (CpuSet.Parse(config.ReservedSystemCpus) is { IsEmpty: false } reserved)
            {
                config.KubeReserved.Remove(ResourceAmounts.Cpu);
                config.SystemReserved[ResourceAmounts.Cpu] = new Hosting.Config.ConfigQuantity(reserved.Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
            }
        }
        catch (FormatException)
        {
            // Told when the settings are checked.
        }
    }

    private static long Milli(Dictionary<string, Hosting.Config.ConfigQuantity> list) =>
        list.TryGetValue(ResourceAmounts.Cpu, out var amount) ? ResourceAmounts.Milli(new Quantity { String = amount.Text }) : 0;
}
