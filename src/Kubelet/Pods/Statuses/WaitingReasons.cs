namespace NodeAgent.Kubelet.Pods.Statuses;

/// <summary>Upstream's words for why a container is waiting or how it ended; people and tools match on them.</summary>
internal static class WaitingReasons
{
    public const string ContainerCreating = "ContainerCreating";
    public const string PodInitializing = "PodInitializing";
    public const string CrashLoopBackOff = "CrashLoopBackOff";
    public const string ErrImagePull = "ErrImagePull";
    public const string ImagePullBackOff = "ImagePullBackOff";
    public const string InvalidImageName = "InvalidImageName";
    public const string ErrImageNeverPull = "ErrImageNeverPull";
    public const string ImageInspectError = "ImageInspectError";
    public const string RegistryUnavailable = "RegistryUnavailable";
    public const string CreateContainerConfigError = "CreateContainerConfigError";
    public const string CreateContainerError = "CreateContainerError";
    public const string RunContainerError = "RunContainerError";
    public const string PostStartHookError = "PostStartHookError";
    public const string ContainerStatusUnknown = "ContainerStatusUnknown";
    public const string RestartingAllContainers = "RestartingAllContainers";
    public const string Completed = "Completed";
}
