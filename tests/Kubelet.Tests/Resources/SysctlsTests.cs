using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Resources;

namespace NodeAgent.Kubelet.Tests.Resources;

public sealed class SysctlsTests
{
    [Theory]
    [InlineData("kernel.shm_rmid_forced", "kernel.shm_rmid_forced")]
    [InlineData("kernel/shm_rmid_forced", "kernel.shm_rmid_forced")]
    [InlineData("net/ipv4/conf/eth0.1/rp_filter", "net.ipv4.conf.eth0/1.rp_filter")]
    [InlineData("net.ipv4.conf.eth0/1.rp_filter", "net.ipv4.conf.eth0/1.rp_filter")]
    public void Normalize_OfEitherSeparator_IsTheDottedName(string name, string expected) => Assert.Equal(expected, Sysctls.Normalize(name));

    [Theory]
    [InlineData("net.ipv4.ip_unprivileged_port_start", false, false, null)]
    [InlineData("net.ipv4.ip_unprivileged_port_start", true, false, "forbidden sysctl: \"net.ipv4.ip_unprivileged_port_start\" not allowed with host Net enabled")]
    [InlineData("kernel.shm_rmid_forced", false, true, "forbidden sysctl: \"kernel.shm_rmid_forced\" not allowed with host IPC enabled")]
    [InlineData("kernel.msgmax", false, false, null)]
    [InlineData("kernel.msgmax", false, true, "forbidden sysctl: \"kernel.msgmax\" not allowed with host IPC enabled")]
    [InlineData("net.core.somaxconn", false, false, null)]
    [InlineData("vm.overcommit_memory", false, false, "forbidden sysctl: \"vm.overcommit_memory\" not allowlisted")]
    public void Check_OfASysctl_SaysWhyItIsForbidden(string name, bool hostNetwork, bool hostIpc, string? expected)
    {
        var pod = new Pod { Spec = new PodSpec { HostNetwork = hostNetwork, HostIPC = hostIpc, SecurityContext = new PodSecurityContext { Sysctls = { new Sysctl { Name = name, Value = "1" } } } } };

        var verdict = new Sysctls(["kernel.msg*", "net.core.somaxconn"]).Check(pod);

        Assert.Equal(expected, verdict?.Message);
        Assert.Equal(expected is null ? null : "SysctlForbidden", verdict?.Reason);
    }

    [Theory]
    [InlineData("kernel.msg*", true)]
    [InlineData("net.core.somaxconn", true)]
    [InlineData("net/core/somaxconn", true)]
    [InlineData("vm.*", false)]
    public void Check_OfAPattern_AllowsOnlyWhatIsNamespaced(string pattern, bool works) => Assert.Equal(works, Sysctls.Check(pattern) is null);
}
