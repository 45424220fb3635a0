using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Node;

/// <summary>The node conditions that the kubelet owns.</summary>
internal static class NodeConditions
{
    public const string Ready = "Ready";

    public static NodeCondition ForReady(string? problem) => problem is null
        ? Make(Ready, true, "KubeletReady", "kubelet is posting ready status")
        : Make(Ready, false, "KubeletNotReady", problem);

    public static NodeCondition ForMemory(bool pressure) => pressure
        ? Make("MemoryPressure", true, "KubeletHasInsufficientMemory", "kubelet has insufficient memory available")
        : Make("MemoryPressure", false, "KubeletHasSufficientMemory", "kubelet has sufficient memory available");

    public static NodeCondition ForDisk(bool pressure) => pressure
        ? Make("DiskPressure", true, "KubeletHasDiskPressure", "kubelet has disk pressure")
        : Make("DiskPressure", false, "KubeletHasNoDiskPressure", "kubelet has no disk pressure");

    public static NodeCondition ForPids(bool pressure) => pressure
        ? Make("PIDPressure", true, "KubeletHasInsufficientPID", "kubelet has insufficient PID available")
        : Make("PIDPressure", false, "KubeletHasSufficientPID", "kubelet has sufficient PID available");

    /// <summary>Puts the condition in its place in the status, with the time of its last change.</summary>
    public static void Set(NodeStatus status, NodeCondition condition, DateTimeOffset now)
    {
        var before = status.Conditions.FirstOrDefault(c => c.Type == condition.Type);
        condition.LastHeartbeatTime = now.ToTime();
        condition.LastTransitionTime = before is not null && before.Status == condition.Status ? before.LastTransitionTime : now.ToTime();
        if (before is null)
        {
            status.Conditions.Add(condition);
        }
        else
        {
            status.Conditions[status.Conditions.IndexOf(before)] = condition;
        }
    }

    /// <summary>The reasons of the events that tell of conditions which have changed.</summary>
    public static IEnumerable<string> Changes(NodeStatus? before, NodeStatus after)
    {
        foreach (var condition in after.Conditions.Where(c => before?.Conditions.FirstOrDefault(b => b.Type == c.Type)?.Status != c.Status))
        {
            var isTrue = condition.Status == "True";
            var reason = condition.Type switch
            {
                Ready => isTrue ? "NodeReady" : "NodeNotReady",
                "MemoryPressure" => isTrue ? "NodeHasInsufficientMemory" : "NodeHasSufficientMemory",
                "DiskPressure" => isTrue ? "NodeHasDiskPressure" : "NodeHasNoDiskPressure",
                "PIDPressure" => isTrue ? "NodeHasInsufficientPID" : "NodeHasSufficientPID",
                _ => null,
            };
            if (reason is not null)
            {
                yield return reason;
            }
        }
    }

    private static NodeCondition Make(string type, bool status, string reason, string message) =>
        new() { Type = type, Status = status ? "True" : "False", Reason = reason, Message = message };
}
