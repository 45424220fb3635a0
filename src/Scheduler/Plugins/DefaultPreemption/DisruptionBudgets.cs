using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Informers;
using NodeAgent.KubeApi.Selectors;
using NodeAgent.Scheduler.Framework.Plugins;

namespace NodeAgent.Scheduler.Plugins.DefaultPreemption;

/// <summary>The disruption budgets of a namespace, in the version of the API that the server has.</summary>
internal static class DisruptionBudgets
{
    public static Func<string, IReadOnlyList<DisruptionBudget>> From(IPluginHost host) => host.Serves(Resources.PodDisruptionBudgets)
        ? FromV1(host.Informer(Resources.PodDisruptionBudgets).Store)
        : FromV1Beta1(host.Informer(Resources.PodDisruptionBudgetsV1Beta1).Store);

    /// <summary>An empty selector selects every pod of the namespace.</summary>
    private static Func<string, IReadOnlyList<DisruptionBudget>> FromV1(IStore<KubeApi.Policy.V1.PodDisruptionBudget> store) => name =>
        [.. store.ListNamespace(name).Select(b => new DisruptionBudget(name, Selector.From(b.Spec?.Selector), b.Status?.DisruptionsAllowed ?? 0, (b.Status?.DisruptedPods.Keys ?? []).ToHashSet()))];

    /// <summary>An empty selector selects no pod, as it was in that version.</summary>
    private static Func<string, IReadOnlyList<DisruptionBudget>> FromV1Beta1(IStore<KubeApi.Policy.V1Beta1.PodDisruptionBudget> store) => name =>
        [.. store.ListNamespace(name)
            .Select(b => new DisruptionBudget(name, Selector.From(b.Spec?.Selector), b.Status?.DisruptionsAllowed ?? 0, (b.Status?.DisruptedPods.Keys ?? []).ToHashSet()))
            .Where(b => !b.Selector.IsEverything)];
}
