using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Sources;

namespace NodeAgent.Kubelet.Tests.Pods.Sources;

public class StaticPodsTests
{
    private const string Manifest = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web}
        spec:
          containers:
          - {name: c, image: nginx, ports: [{containerPort: 80}], livenessProbe: {httpGet: {port: 80}}}
        """;

    [Fact]
    public void Read_Manifest_IsAdoptedByTheNode()
    {
        var pod = Assert.Single(Read(Manifest).Pods);

        Assert.Equal(("web-n1", "default", "n1"), (pod.Metadata.Name, pod.Metadata.Namespace, pod.Spec.NodeName));
        Assert.Equal((pod.Metadata.Uid, "file"), (pod.Metadata.Annotations[PodSpecs.HashAnnotation], pod.Metadata.Annotations[PodSpecs.SourceAnnotation]));
        Assert.True(pod.IsStatic());
        Assert.Contains(pod.Spec.Tolerations, t => t is { Operator: "Exists", Effect: "NoExecute" });
    }

    [Fact]
    public void Read_Json_IsTheSamePod()
    {
        const string Json = """{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [{"name": "c", "image": "nginx", "ports": [{"containerPort": 80}], "livenessProbe": {"httpGet": {"port": 80}}}]}}""";

        Assert.Equal(Read(Manifest).Pods[0].Spec, Assert.Single(Read(Json).Pods).Spec);
    }

    [Fact]
    public void Read_Defaults_AreTheApiServers()
    {
        var pod = Assert.Single(Read(Manifest).Pods);
        var container = pod.Spec.Containers[0];

        Assert.Equal(("Always", "ClusterFirst", 30L), (pod.Spec.RestartPolicy, pod.Spec.DnsPolicy, pod.Spec.TerminationGracePeriodSeconds));
        Assert.Equal(("Always", "/dev/termination-log", "TCP"), (container.ImagePullPolicy, container.TerminationMessagePath, container.Ports[0].Protocol));
        Assert.Equal((10, 3, "/"), (container.LivenessProbe.PeriodSeconds, container.LivenessProbe.FailureThreshold, container.LivenessProbe.Handler.HttpGet.Path));
    }

    [Fact]
    public void Read_TheSameTwice_HasTheSameUid_AnyChangeAnother()
    {
        var first = Read(Manifest).Pods[0].Metadata.Uid;

        Assert.Equal(first, Read(Manifest).Pods[0].Metadata.Uid);
        Assert.NotEqual(first, Read(Manifest.Replace("nginx", "nginx:1", StringComparison.Ordinal)).Pods[0].Metadata.Uid);
        Assert.NotEqual(first, StaticPods.Read(Manifest, "/m/other.yaml", "file", "n1", default).Pods[0].Metadata.Uid);
        Assert.NotEqual(first, StaticPods.Read(Manifest, "/m/a.yaml", "file", "n2", default).Pods[0].Metadata.Uid);
    }

    [Fact]
    public void Read_UnknownField_IsNamedWithFileAndLine()
    {
        var (pods, errors) = Read(Manifest.Replace("spec:", "spec:\n  restartPolcy: Always", StringComparison.Ordinal));

        Assert.Empty(pods);
        Assert.StartsWith("/m/a.yaml:5:", Assert.Single(errors), StringComparison.Ordinal);
        Assert.Contains("restartPolcy", errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Read_PodWithoutContainers_IsRefused() =>
        Assert.Contains("at least one container", Assert.Single(Read("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {}\n").Errors), StringComparison.Ordinal);

    private static (IReadOnlyList<NodeAgent.KubeApi.Core.V1.Pod> Pods, IReadOnlyList<string> Errors) Read(string text) => StaticPods.Read(text, "/m/a.yaml", "file", "n1", default);
}
