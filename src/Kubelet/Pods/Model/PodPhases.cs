namespace NodeAgent.Kubelet.Pods.Model;

/// <summary>The API's names for where a pod is in its life.</summary>
internal static class PodPhases
{
    public const string Pending = "Pending";
    public const string Running = "Running";
    public const string Succeeded = "Succeeded";
    public const string Failed = "Failed";
}
