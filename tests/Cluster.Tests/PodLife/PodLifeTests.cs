using System.Globalization;
using NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.Cluster.Tests.PodLife;

/// <summary>
/// The life of a pod as its user sees it, one behaviour per test, on each container engine. The pods of all tests are created
/// together; a test waits for what its own pod does, and must not depend on when the others run.
/// </summary>
public abstract partial class PodLifeTests(PodLifeCluster cluster)
{
    internal static IReadOnlyList<PodManifest> Manifests => [.. InitPods, .. RestartPods, .. ProbePods, .. HookPods, .. TerminationPods, .. StatusPods, .. LogPods, .. AdmissionPods, .. ResizePods, .. ImagePods, .. PodLevelPods];

    private PodHistory History => cluster.History;

    private static bool IsReady(Pod pod) => ConditionOf(pod, "Ready")?.Status == "True";

    private static PodCondition? ConditionOf(Pod pod, string type) => pod.Status.Conditions.FirstOrDefault(c => c.Type == type);

    private static ContainerStatus? Container(Pod pod, string name = "main") =>
        pod.Status.ContainerStatuses.Concat(pod.Status.InitContainerStatuses).Concat(pod.Status.EphemeralContainerStatuses).FirstOrDefault(c => c.Name == name);

    private Task<Pod> RunningAsync(string name) => History.WaitAsync(name, "to run", p => p.Status.Phase == "Running");

    private Task<Pod> ReadyAsync(string name) => History.WaitAsync(name, "to be ready", IsReady);

    private Task<Pod> PhaseAsync(string name, string phase) => History.WaitAsync(name, $"to be {phase}", p => p.Status.Phase == phase);

    private async Task DeleteAsync(string name, params string[] more)
    {
        await cluster.KubectlAsync(["delete", "pod", name, "--wait=false", .. more]);
    }

    /// <summary>What the host's clock said, in seconds since its start, when the pod wrote its mark.</summary>
    private double Mark(string pod, string file) =>
        cluster.Marks(pod, file) is [var first, ..] ? double.Parse(first, CultureInfo.InvariantCulture) : throw new InvalidOperationException($"pod {pod} has left no mark {file}");

    private double[] AllMarks(string pod, string file) => [.. cluster.Marks(pod, file).Select(l => double.Parse(l, CultureInfo.InvariantCulture))];

    private async Task WaitForMarkAsync(string pod, string file) => await DevCluster.Processes.Wait.UntilAsync(
        $"pod {pod} to leave the mark {file}", TimeSpan.FromSeconds(120), () => Task.FromResult(cluster.Marks(pod, file).Length > 0));
}
