using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Objects;
using NodeAgent.KubeApi.Selectors;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Cache;

/// <summary>Reads the part of a pod's spec that scheduling looks at.</summary>
internal sealed class TemplateReader(ResourceRegistry resources)
{
    private static readonly PodResourceOptions WithStatus = new(UseStatus: true);

    private static readonly PodResourceOptions NonZero = new(UseStatus: true, DefaultRequests: new Dictionary<string, QuantityValue>
    {
        [ResourceNames.Cpu] = QuantityValue.FromMilli(100),
        [ResourceNames.Memory] = QuantityValue.FromUnits(200L << 20),
    });

    public PodTemplate Read(Pod pod, int id)
    {
        var spec = pod.Spec;
        string? error = null;
        var nonZero = pod.Requests(NonZero);
        IReadOnlyList<PodAffinityRule> Rules(IEnumerable<(PodAffinityTerm Term, int Weight)> terms) => ReadRules(pod, terms, ref error);
        var affinity = spec.Affinity;
        return new PodTemplate(id)
        {
            Priority = spec.HasPriority ? spec.Priority : 0,
            NeverPreempts = spec.PreemptionPolicy == "Never",
            SchedulerName = spec.SchedulerName,
            Requests = ReadRequests(pod),
            NonZeroCpu = nonZero.Get(ResourceNames.Cpu).MilliValue,
            NonZeroMemory = nonZero.Get(ResourceNames.Memory).Value,
            HostPorts = ReadHostPorts(spec),
            Tolerations = [.. spec.Tolerations],
            RequiredNodeAffinity = NodeAffinityMatcher.Of(pod),
            PreferredNodeAffinity = [.. affinity?.NodeAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? []],
            Affinity = affinity,
            TopologySpreadConstraints = [.. spec.TopologySpreadConstraints],
            RequiredAffinity = Rules(Unweighted(affinity?.PodAffinity?.RequiredDuringSchedulingIgnoredDuringExecution)),
            RequiredAntiAffinity = Rules(Unweighted(affinity?.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution)),
            PreferredAffinity = Rules(Weighted(affinity?.PodAffinity?.PreferredDuringSchedulingIgnoredDuringExecution)),
            PreferredAntiAffinity = Rules(Weighted(affinity?.PodAntiAffinity?.PreferredDuringSchedulingIgnoredDuringExecution)),
            Images = [.. spec.InitContainers.Concat(spec.Containers).Select(c => NormalizeImage(c.Image))],
            Error = error,
        };
    }

    /// <summary>An image without a tag means its tag <c>latest</c>.</summary>
    internal static string NormalizeImage(string name) => name.LastIndexOf(':') <= name.LastIndexOf('/') ? name + ":latest" : name;

    private List<ResourceAmount> ReadRequests(Pod pod)
    {
        var amounts = new List<ResourceAmount>();
        foreach (var (name, amount) in pod.Requests(WithStatus))
        {
            var resource = resources.GetOrAdd(name);
            var value = resource == ResourceColumns.Cpu ? amount.MilliValue : amount.Value;
            if (value > 0 && resource != ResourceColumns.Pods)
            {
                amounts.Add(new ResourceAmount(resource, value));
            }
        }

        amounts.Sort((a, b) => a.Resource.CompareTo(b.Resource));
        return amounts;
    }

    /// <summary>Sidecars keep their ports; other init containers are gone when the pod runs.</summary>
    private static List<HostPort> ReadHostPorts(PodSpec spec) =>
        [.. spec.InitContainers.Where(c => c.RestartPolicy == "Always").Concat(spec.Containers)
            .SelectMany(c => c.Ports)
            .Where(p => p.HostPort > 0)
            .Select(p => new HostPort(p.HostIP.Length == 0 ? "0.0.0.0" : p.HostIP, p.Protocol.Length == 0 ? "TCP" : p.Protocol, p.HostPort))
            .Distinct()];

    private static IEnumerable<(PodAffinityTerm Term, int Weight)> Unweighted(IEnumerable<PodAffinityTerm>? terms) => (terms ?? []).Select(t => (t, 0));

    private static IEnumerable<(PodAffinityTerm Term, int Weight)> Weighted(IEnumerable<WeightedPodAffinityTerm>? terms) =>
        (terms ?? []).Select(t => (t.PodAffinityTerm ?? new PodAffinityTerm(), t.Weight));

    private static List<PodAffinityRule> ReadRules(Pod pod, IEnumerable<(PodAffinityTerm Term, int Weight)> terms, ref string? error)
    {
        var rules = new List<PodAffinityRule>();
        foreach (var (term, weight) in terms)
        {
            try
            {
                var isOwnNamespace = term.Namespaces.Count == 0 && term.NamespaceSelector is null;
                var matcher = new PodMatcher(
                    isOwnNamespace ? [pod.Metadata.Namespace] : term.Namespaces,
                    term.NamespaceSelector is null ? null : Selector.From(term.NamespaceSelector),
                    Selector.From(term.LabelSelector));
                rules.Add(new PodAffinityRule(matcher, term.TopologyKey, weight));
            }
            catch (FormatException e)
            {
                error ??= $"pod affinity term on \"{term.TopologyKey}\": {e.Message}";
            }
        }

        return rules;
    }
}
