namespace NodeAgent.Kubelet.Pods.Model;

/// <summary>Whether a container that ended is started again.</summary>
internal static class RestartPolicies
{
    public const string Always = "Always";
    public const string OnFailure = "OnFailure";
    public const string Never = "Never";

    private const string RestartAction = "Restart";

    /// <summary>By the container's own rules and policy where it has them, else by the pod's.</summary>
    public static bool RestartsAfter(this PodSpec pod, Container container, int exitCode)
    {
        if (container.HasRestartPolicy && container.RestartPolicy.Length > 0)
        {
            if (container.RestartPolicyRules.FirstOrDefault(r => Matches(r, exitCode)) is { Action: RestartAction })
            {
                return true;
            }

            return Restarts(container.RestartPolicy, exitCode);
        }

        return Restarts(pod.RestartPolicy, exitCode);
    }

    /// <summary>For a container that is killed while it runs (no exit code to look at): whether it is to run again.</summary>
    public static bool RestartsAfterKill(this PodSpec pod, Container container) =>
        (container.RestartPolicy.Length > 0 ? container.RestartPolicy : pod.RestartPolicy) != Never;

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
