using System.Globalization;
using Google.Protobuf.Collections;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Containers;

/// <summary>
/// What is written on sandboxes and containers, in upstream's names: all that a kubelet which starts anew has to know of
/// them, and what other tools (crictl, log collectors) find pods by.
/// </summary>
internal static class RuntimeLabels
{
    public const string PodName = "io.kubernetes.pod.name";
    public const string PodNamespace = "io.kubernetes.pod.namespace";
    public const string PodUid = "io.kubernetes.pod.uid";
    public const string ContainerName = "io.kubernetes.container.name";

    public const string Hash = "io.kubernetes.container.hash";
    public const string RestartCount = "io.kubernetes.container.restartCount";
    public const string TerminationMessagePath = "io.kubernetes.container.terminationMessagePath";
    public const string TerminationMessagePolicy = "io.kubernetes.container.terminationMessagePolicy";
    public const string DeletionGracePeriod = "io.kubernetes.pod.deletionGracePeriod";
    public const string TerminationGracePeriod = "io.kubernetes.pod.terminationGracePeriod";
    public const string PreStopHandler = "io.kubernetes.container.preStopHandler";
    public const string Ports = "io.kubernetes.container.ports";

    public static void LabelPod(MapField<string, string> labels, Pod pod)
    {
        labels[PodName] = pod.Metadata.Name;
        labels[PodNamespace] = pod.Metadata.Namespace;
        labels[PodUid] = pod.Metadata.Uid;
    }

    public static void Annotate(MapField<string, string> annotations, Pod pod, Container container, int restartCount)
    {
        annotations[Hash] = container.Hash();
        annotations[RestartCount] = restartCount.ToString(CultureInfo.InvariantCulture);
        annotations[TerminationMessagePath] = container.TerminationMessagePath;
        annotations[TerminationMessagePolicy] = container.TerminationMessagePolicy;
        if (pod.Metadata.HasDeletionGracePeriodSeconds)
        {
            annotations[DeletionGracePeriod] = pod.Metadata.DeletionGracePeriodSeconds.ToString(CultureInfo.InvariantCulture);
        }

        if (pod.Spec.HasTerminationGracePeriodSeconds)
        {
            annotations[TerminationGracePeriod] = pod.Spec.TerminationGracePeriodSeconds.ToString(CultureInfo.InvariantCulture);
        }

        if (container.Lifecycle?.PreStop is { } preStop)
        {
            annotations[PreStopHandler] = LifecycleJson.Write(preStop);
        }

        if (container.Ports.Count > 0)
        {
            annotations[Ports] = LifecycleJson.Write(container.Ports);
        }
    }

    public static int ReadRestartCount(MapField<string, string> annotations) =>
        annotations.TryGetValue(RestartCount, out var text) && int.TryParse(text, CultureInfo.InvariantCulture, out var count) ? count : 0;

    public static TimeSpan? ReadTerminationGracePeriod(MapField<string, string> annotations) =>
        annotations.TryGetValue(TerminationGracePeriod, out var text) && long.TryParse(text, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : null;
}
