using NodeAgent.KubeApi.Client;
using NodeAgent.Kubelet.Config;

namespace NodeAgent.Kubelet.Node;

/// <summary>What of upstream's newer features this kubelet has: node.status.declaredFeatures, by which the API server and the scheduler judge it.</summary>
internal static class DeclaredFeatures
{
    /// <summary>Older servers drop the field, and would be told of it again and again.</summary>
    private const int FirstMinor = 36;

    /// <summary>In the order of their names.</summary>
    private static readonly string[] Names =
    [
        // exec, attach and port-forward are taken as WebSockets of version 5 and as tunnels.
        "ExtendWebSocketsToKubelet",
        "InPlacePodLevelResourcesVerticalScaling",
        "RestartAllContainersOnContainerExits",
    ];

    /// <param name="withUsersOnHostNetwork">Whether a pod can have the host's network and users of its own; null, while that is not known, for what the status says.</param>
    public static void Set(NodeStatus status, Discovery server, bool? withUsersOnHostNetwork)
    {
        var withUsers = withUsersOnHostNetwork ?? status.DeclaredFeatures.Contains(FeatureGates.UserNamespacesOnHostNetwork);
        status.DeclaredFeatures.Clear();
        if (server.Minor >= FirstMinor)
        {
            status.DeclaredFeatures.AddRange(Names);
            if (withUsers)
            {
                status.DeclaredFeatures.Add(FeatureGates.UserNamespacesOnHostNetwork);
            }
        }
    }
}
