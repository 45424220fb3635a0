using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.Scheduler.Tests;

public sealed class PodTrimmerTests
{
    private readonly PodTrimmer _trimmer = new();

    [Fact]
    public void Trim_WhatPluginsRead_IsAsItWas()
    {
        var pod = Whole("a");
        var before = pod.Clone();

        _trimmer.Trim(pod);

        Assert.Equal((before.Metadata.Name, before.Metadata.Namespace, before.Metadata.Uid), (pod.Metadata.Name, pod.Metadata.Namespace, pod.Metadata.Uid));
        Assert.Equal(before.Metadata.Labels, pod.Metadata.Labels);
        Assert.Equal(before.Spec.Containers[0].Resources, pod.Spec.Containers[0].Resources);
        Assert.Equal(before.Spec.Containers[0].Ports, pod.Spec.Containers[0].Ports);
        Assert.Equal(before.Spec.Containers[0].Image, pod.Spec.Containers[0].Image);
        Assert.Equal(before.Spec.Affinity, pod.Spec.Affinity);
        Assert.Equal(before.Spec.Tolerations, pod.Spec.Tolerations);
        Assert.Equal(before.Spec.TopologySpreadConstraints, pod.Spec.TopologySpreadConstraints);
        Assert.Equal(before.Spec.SchedulerName, pod.Spec.SchedulerName);
        Assert.Equal(before.Status.ContainerStatuses[0].Resources, pod.Status.ContainerStatuses[0].Resources);
    }

    [Fact]
    public void Trim_WhatNoPluginReads_IsGone()
    {
        var pod = Whole("a");

        _trimmer.Trim(pod);

        Assert.Empty(pod.Metadata.Annotations);
        Assert.Empty(pod.Metadata.OwnerReferences);
        Assert.Empty(pod.Spec.Containers[0].Env);
        Assert.Null(pod.Status.ContainerStatuses[0].State);
    }

    [Fact]
    public void Trim_VolumesThatAskSomethingOfTheNode_AreKept()
    {
        var pod = Whole("a");
        Volume[] kept =
        [
            new() { Name = "data", VolumeSource = new VolumeSource { PersistentVolumeClaim = new PersistentVolumeClaimVolumeSource { ClaimName = "data" } } },
            new() { Name = "scratch", VolumeSource = new VolumeSource { Ephemeral = new EphemeralVolumeSource() } },
            new() { Name = "disk", VolumeSource = new VolumeSource { GcePersistentDisk = new GCEPersistentDiskVolumeSource { PdName = "d" } } },
            new() { Name = "driver", VolumeSource = new VolumeSource { Csi = new CSIVolumeSource { Driver = "d" } } },
        ];
        pod.Spec.Volumes.Add(new Volume { Name = "token", VolumeSource = new VolumeSource { Projected = new ProjectedVolumeSource() } });
        pod.Spec.Volumes.Add(kept);
        pod.Spec.Volumes.Add(new Volume { Name = "config", VolumeSource = new VolumeSource { ConfigMap = new ConfigMapVolumeSource() } });

        _trimmer.Trim(pod);

        Assert.Equal(kept, pod.Spec.Volumes);
    }

    [Fact]
    public void Trim_WhatPodsOfATemplateHaveInCommon_IsThereOnce()
    {
        var (one, other) = (Whole("a"), Whole("b"));

        _trimmer.Trim(one);
        _trimmer.Trim(other);

        Assert.Same(one.Spec.Containers[0], other.Spec.Containers[0]);
        Assert.Same(one.Spec.Affinity, other.Spec.Affinity);
        Assert.Same(one.Spec.Tolerations[0], other.Spec.Tolerations[0]);
        Assert.Same(one.Spec.TopologySpreadConstraints[0], other.Spec.TopologySpreadConstraints[0]);
        Assert.Same(one.Status.ContainerStatuses[0], other.Status.ContainerStatuses[0]);
    }

    [Fact]
    public void Trim_PodsThatDiffer_AreNotMixedUp()
    {
        var (one, other) = (Whole("a"), Whole("b"));
        other.Spec.Containers[0].Resources.Requests["cpu"].String = "2";

        _trimmer.Trim(one);
        _trimmer.Trim(other);

        Assert.Equal("1", one.Spec.Containers[0].Resources.Requests["cpu"].String);
        Assert.Equal("2", other.Spec.Containers[0].Resources.Requests["cpu"].String);
    }

    // Messages of its own, as decoded ones are.
    private static Pod Whole(string name)
    {
        var container = new Container { Name = "main", Image = "app:1", Resources = new ResourceRequirements { Requests = { ["cpu"] = new Quantity { String = "1" } } } };
        container.Ports.Add(new ContainerPort { HostPort = 80 });
        container.Env.Add(new EnvVar { Name = "WHO", Value = name });
        var term = new PodAffinityTerm { TopologyKey = "zone", LabelSelector = new LabelSelector { MatchLabels = { ["app"] = "a" } } };
        var status = new ContainerStatus { Name = "main", State = new ContainerState { Running = new ContainerStateRunning() }, Resources = container.Resources.Clone(), ContainerID = name };
        return new Pod
        {
            Metadata = new ObjectMeta { Name = name, Namespace = "default", Uid = name, Labels = { ["app"] = "a" }, Annotations = { ["note"] = name }, OwnerReferences = { new OwnerReference { Uid = "o" } } },
            Spec = new PodSpec
            {
                Containers = { container },
                SchedulerName = "default-scheduler",
                Affinity = new Affinity { PodAntiAffinity = new PodAntiAffinity { RequiredDuringSchedulingIgnoredDuringExecution = { term } } },
                Tolerations = { new Toleration { Key = "k", Operator = "Exists" } },
                TopologySpreadConstraints = { new TopologySpreadConstraint { MaxSkew = 1, TopologyKey = "zone" } },
            },
            Status = new PodStatus { ContainerStatuses = { status } },
        };
    }
}
