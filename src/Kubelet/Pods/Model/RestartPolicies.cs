namespace NodeAgent.Kubelet.Pods.Model;

/// <summary>Whether a container that ended is started again.</summary>
internal static class RestartPolicies
{
    public const string Always = "Always";
    public const string OnFailure = "OnFailure";
    public const string Never = "Never";

    private const string RestartAction = "Restart";
    private const string RestartAllAction = "RestartAllContainers";

    /// <summary>By the container's own rules and policy where it has them, else by the pod's.</summary>
    public static bool RestartsAfter(this PodSpec pod, Container container, int exitCode)
    {
        if (container.HasRestartPolicy && container.RestartPolicy.Length > 0)
        {
            return RuleFor(container, exitCode) is { Action: RestartAction or RestartAllAction } || Restarts(container.RestartPolicy, exitCode);
        }

        return Restarts(pod.RestartPolicy, exitCode);
    }

    /// <summary>For a container that is killed while it runs (no exit code to look at): whether it is to run again.</summary>
    public static bool RestartsAfterKill(this PodSpec pod, Container container) =>
        (container.RestartPolicy.Length > 0 ? container.RestartPolicy : pod.RestartPolicy) != Never;

    /// <summary>Whether a container that ended so has every container of its pod start anew.</summary>
    public static bool RestartsAll(this Container container, int exitCode) =>
        container.HasRestartPolicy && container.RestartPolicy.Length > 0 && RuleFor(container, exitCode) is { Action: RestartAllAction };

    /// <summary>Whether some end of some container has every container of the pod start anew.</summary>
    public static bool CanRestartAll(this PodSpec pod) =>
        pod.InitContainers.Concat(pod.Containers).Any(c => c.RestartPolicyRules.Any(r => r.Action == RestartAllAction));

    /// <summary>The first rule that names the exit code decides.</summary>
    private static ContainerRestartRule? RuleFor(Container container, int exitCode) => container.RestartPolicyRules.FirstOrDefault(r => Matches(r, exitCode));

    private static bool Restarts(string policy, int exitCode) => policy switch
    {
        Never => false,
        OnFailure => exitCode != 0,
        _ => true,
    };

    private static bool Matches(ContainerRestartRule rule, int exitCode) => rule.ExitCodes switch
    {
        { Operator: "In" } codes => codes.Values.Contains(exitCode),
        { Operator: "NotIn" } codes => !codes.Values.Contains(exitCode),
        _ => false,
    };
}
