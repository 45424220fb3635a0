using NodeAgent.ContainerRuntime.V1;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Tests.Builders;

namespace NodeAgent.Kubelet.Tests.Containers;

public class SecurityContextsTests
{
    private static readonly SecurityDefaults Defaults = new("/seccomp", false);

    [Fact]
    public void For_ContainersOwnUser_BeatsThePods()
    {
        var pod = new PodBuilder().Container("a", c => c.SecurityContext = new SecurityContext { RunAsUser = 7 }).With(p => p.Spec.SecurityContext = new PodSecurityContext { RunAsUser = 8, RunAsGroup = 9, FsGroup = 10 }).Build();

        var result = SecurityContexts.For(pod, pod.Spec.Containers[0], ImageUser.Unknown, Defaults);

        Assert.Equal((7, 9), (result.RunAsUser.Value, result.RunAsGroup.Value));
        Assert.Equal([10L], result.SupplementalGroups);
    }

    [Fact]
    public void For_NoUserAnywhere_TakesTheImagesName()
    {
        var pod = new PodBuilder().Container("a").Build();

        var result = SecurityContexts.For(pod, pod.Spec.Containers[0], new ImageUser(null, "www"), Defaults);

        Assert.Null(result.RunAsUser);
        Assert.Equal("www", result.RunAsUsername);
    }

    [Fact]
    public void For_LocalhostSeccomp_IsBelowTheRoot()
    {
        var pod = new PodBuilder().Container("a", c => c.SecurityContext = new SecurityContext { SeccompProfile = new SeccompProfile { Type = "Localhost", LocalhostProfile = "p.json" } }).Build();

        var result = SecurityContexts.For(pod, pod.Spec.Containers[0], ImageUser.Unknown, Defaults);

        Assert.Equal((SecurityProfile.Types.ProfileType.Localhost, "/seccomp/p.json"), (result.Seccomp.ProfileType, result.Seccomp.LocalhostRef));
    }

    [Theory]
    [InlineData(0L, "", "container has runAsNonRoot and image will run as root (pod: \"web_default(uid-1)\", container: a)")]
    [InlineData(null, "www", "container has runAsNonRoot and image has non-numeric user (www), cannot verify user is non-root (pod: \"web_default(uid-1)\", container: a)")]
    public void CheckNonRoot_ImageThatMayBeRoot_IsRefusedInUpstreamsWords(long? uid, string name, string expected)
    {
        var pod = new PodBuilder().Container("a", c => c.SecurityContext = new SecurityContext { RunAsNonRoot = true }).Build();

        var error = Assert.Throws<ContainerConfigException>(() => SecurityContexts.CheckNonRoot(pod, pod.Spec.Containers[0], new ImageUser(uid, name)));

        Assert.Equal(expected, error.Message);
    }

    [Fact]
    public void Namespaces_OfTheHost_AreAskedFor()
    {
        var pod = new PodBuilder().Container("a").With(p => (p.Spec.HostNetwork, p.Spec.HostPID, p.Spec.HostIPC) = (true, true, true)).Build();

        var result = SecurityContexts.Namespaces(pod);

        Assert.Equal((NamespaceMode.Node, NamespaceMode.Node, NamespaceMode.Node), (result.Network, result.Pid, result.Ipc));
    }
}
