using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Statuses;

/// <summary>From the statuses of the containers to the phase of the pod.</summary>
internal static class PodPhaseRules
{
    /// <param name="initialized">A main container of the current sandbox exists: a sidecar that restarts does not put the pod back to Pending.</param>
    /// <param name="terminated">Nothing will be started again.</param>
    public static string Phase(Pod pod, IReadOnlyCollection<ContainerStatus> statuses, bool initialized, bool terminated)
    {
        var byName = statuses.ToDictionary(s => s.Name);
        var init = CountInit(pod.Spec, byName);
        if (init.FailedForGood)
        {
            return PodPhases.Failed;
        }

        var counts = new Counts();
        foreach (var sidecar in pod.Spec.InitContainers.Where(c => c.IsSidecar()))
        {
            counts.AddSidecar(byName.GetValueOrDefault(sidecar.Name));
        }

        foreach (var container in pod.Spec.Containers)
        {
            counts.AddMain(pod.Spec, container, byName.GetValueOrDefault(container.Name));
        }

        if (init.Pending || (counts.PendingSidecars > 0 && !initialized) || counts.Waiting > 0)
        {
            return PodPhases.Pending;
        }

        if (counts.Unknown > 0)
        {
            return PodPhases.Pending;
        }

        if (counts.Running > 0)
        {
            return PodPhases.Running;
        }

        if (counts.Stopped == 0)
        {
            return PodPhases.Pending;
        }

        if (!(terminated && !pod.IsStatic()) && counts.StoppedForGood != counts.Stopped)
        {
            return PodPhases.Running;
        }

        return counts.Succeeded == counts.Stopped ? PodPhases.Succeeded : PodPhases.Failed;
    }

    private static (bool Pending, bool FailedForGood) CountInit(PodSpec spec, Dictionary<string, ContainerStatus> byName)
    {
        var pending = false;
        var failed = false;
        foreach (var container in spec.InitContainers.Where(c => !c.IsSidecar()))
        {
            var status = byName.GetValueOrDefault(container.Name);
            var ended = status?.State?.Terminated ?? (status?.State?.Waiting is not null ? status.LastState?.Terminated : null);
            if (ended is null)
            {
                pending = true;
            }
            else if (ended.ExitCode != 0)
            {
                failed |= !spec.RestartsAfter(container, ended.ExitCode) && ended.Reason != WaitingReasons.RestartingAllContainers;
            }
        }

        return (pending, failed);
    }

    private sealed class Counts
    {
        public int PendingSidecars { get; private set; }

        public int Unknown { get; private set; }

        public int Running { get; private set; }

        public int Waiting { get; private set; }

        public int Stopped { get; private set; }

        public int StoppedForGood { get; private set; }

        public int Succeeded { get; private set; }

        public void AddSidecar(ContainerStatus? status)
        {
            switch (status?.State)
            {
                case null:
                    Unknown++;
                    break;
                case { Running: not null }:
                    PendingSidecars += status.Started ? 0 : 1;
                    Running++;
                    break;
                case { Terminated: not null }:
                    break;
                case { Waiting: not null } when status.LastState?.Terminated is null:
                    PendingSidecars++;
                    Waiting++;
                    break;
            }
        }

        public void AddMain(PodSpec spec, Container container, ContainerStatus? status)
        {
            switch (status?.State)
            {
                case null:
                    Unknown++;
                    break;
                case { Running: not null }:
                    Running++;
                    break;
                case { Terminated: { } terminated }:
                    AddStopped(spec, container, terminated);
                    Succeeded += terminated.ExitCode == 0 ? 1 : 0;
                    break;
                case { Waiting: not null } when status.LastState?.Terminated is { } last:
                    AddStopped(spec, container, last);
                    break;
                default:
                    Waiting++;
                    break;
            }
        }

        private void AddStopped(PodSpec spec, Container container, ContainerStateTerminated ended)
        {
            Stopped++;
            StoppedForGood += spec.RestartsAfter(container, ended.ExitCode) || ended.Reason == WaitingReasons.RestartingAllContainers ? 0 : 1;
        }
    }
}
