using NodeAgent.Kubelet.Node;

namespace NodeAgent.Kubelet.Tests.Node;

public class OomKillTests
{
    private const string Id = "0b41b91895ab0915d8ac5072ffe7bbc7393187c43469b925d22abf3713049f30";

    [Theory]
    [InlineData("/kubepods/burstable/pod1/" + Id)]
    [InlineData("/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + Id + ".scope")]
    public void Parse_KillInAContainer_NamesItAndTheProcess(string cgroup) => Assert.Equal(
        new OomKill(Id, "tail", 4711, false),
        OomKill.Parse($"6,123,456,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=a,mems_allowed=0,oom_memcg={cgroup},task_memcg={cgroup},task=tail,pid=4711,uid=0\n"));

    [Fact]
    public void Parse_KillByTheWholeNode_IsTold() => Assert.Equal(
        new OomKill("", "my, odd=name", 9, true),
        OomKill.Parse("4,1,2,-;oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/system.slice/ssh.service,task=my, odd=name,pid=9,uid=1000"));

    [Fact]
    public void Parse_AnotherLine_IsNothing() => Assert.Null(OomKill.Parse("6,1,2,-;veth2b18ebbd: left promiscuous mode"));
}
