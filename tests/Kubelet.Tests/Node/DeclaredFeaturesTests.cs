using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Node;

namespace NodeAgent.Kubelet.Tests.Node;

public class DeclaredFeaturesTests
{
    [Theory]
    [InlineData("v1.36.2", false, "ExtendWebSocketsToKubelet InPlacePodLevelResourcesVerticalScaling RestartAllContainersOnContainerExits")]
    [InlineData("v1.36.2", true, "ExtendWebSocketsToKubelet InPlacePodLevelResourcesVerticalScaling RestartAllContainersOnContainerExits UserNamespacesHostNetworkSupport")]
    [InlineData("v1.35.0", true, "")]
    public void Set_ByTheServersAge_AndWhatTheEngineCan(string server, bool withUsersOnHostNetwork, string expected)
    {
        var status = new NodeStatus { DeclaredFeatures = { "Before" } };

        DeclaredFeatures.Set(status, new Discovery(server, new HashSet<(string, string)>()), withUsersOnHostNetwork);

        Assert.Equal(expected, string.Join(' ', status.DeclaredFeatures));
    }

    [Theory]
    [InlineData("UserNamespacesHostNetworkSupport", true)]
    [InlineData("Before", false)]
    public void Set_WhileTheEngineHasNotAnswered_LeavesWhatTheNodeSaid(string before, bool expected)
    {
        var status = new NodeStatus { DeclaredFeatures = { before } };

        DeclaredFeatures.Set(status, new Discovery("v1.36.2", new HashSet<(string, string)>()), withUsersOnHostNetwork: null);

        Assert.Equal(expected, status.DeclaredFeatures.Contains("UserNamespacesHostNetworkSupport"));
    }
}
