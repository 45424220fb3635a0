using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Cache;

namespace NodeAgent.Scheduler.Tests.Cache;

public sealed class PodParserTests
{
    private readonly PodParser _parser = new(new ResourceRegistry());

    public static TheoryData<string, Action<Pod>> Differences => new()
    {
        { "cpu", p => p.Asking("cpu", "2") },
        { "namespace", p => p.Metadata.Namespace = "other" },
        { "priority", p => p.Spec.Priority = 7 },
        { "selector", p => p.Selecting("a", "b") },
        { "toleration", p => p.Tolerating("a") },
        { "port", p => p.WithHostPort(80) },
        { "affinity", p => p.Requiring(Make.Term("a", "Exists")) },
        { "image", p => p.Spec.Containers[0].Image = "other" },
        { "scheduler", p => p.Spec.SchedulerName = "mine" },
        { "overhead", p => p.Spec.Overhead["cpu"] = KubeApi.Meta.Quantity.Parse("1m") },
        { "init container", p => p.Spec.InitContainers.Add(new Container { Image = "app" }) },
    };

    [Fact]
    public void Parse_PodsOfOneTemplate_ShareIt()
    {
        var a = _parser.Parse(Make.Pod("a", "1", labels: ("app", "web")));
        var b = _parser.Parse(Make.Pod("b", "1", labels: ("app", "web")));

        Assert.Same(a.Template, b.Template);
        Assert.Same(a.Labels, b.Labels);
    }

    [Theory]
    [MemberData(nameof(Differences))]
    public void Parse_PodsThatAskForDifferentThings_DoNotShare(string what, Action<Pod> change)
    {
        var a = _parser.Parse(Make.Pod("a", "1"));
        var b = _parser.Parse(Make.Pod("b", "1").With(change));

        Assert.False(ReferenceEquals(a.Template, b.Template), what);
    }

    [Fact]
    public void Parse_VolumesAndNamesDiffer_StillShareTheTemplate()
    {
        var a = _parser.Parse(Make.Pod("a", "1", labels: ("index", "0")));
        var b = _parser.Parse(Make.Pod("b", "1", labels: ("index", "1")).With(p => p.Spec.Volumes.Add(new Volume { Name = "kube-api-access-x7z" })));

        Assert.Same(a.Template, b.Template);
        Assert.NotSame(a.Labels, b.Labels);
    }
}
