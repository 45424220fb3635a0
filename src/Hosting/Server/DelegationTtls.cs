namespace NodeAgent.Hosting.Server;

/// <summary>How long what the API server said of users is remembered.</summary>
public sealed record DelegationTtls(TimeSpan Authentication, TimeSpan Allowed, TimeSpan Denied)
{
    /// <summary>The kubelet's defaults.</summary>
    public static DelegationTtls Kubelet { get; } = new(TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(30));

    /// <summary>The defaults of kube-scheduler's server.</summary>
    public static DelegationTtls Component { get; } = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10));
}
