using NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.Scheduler.Tests;

public sealed class NodeTrimmerTests
{
    private readonly NodeTrimmer _trimmer = new();

    [Fact]
    public void Trim_WhatPluginsRead_IsAsItWas()
    {
        var node = Whole("a");
        var before = node.Clone();

        _trimmer.Trim(node);

        Assert.Equal((before.Metadata.Name, before.Metadata.Uid, before.Metadata.ResourceVersion), (node.Metadata.Name, node.Metadata.Uid, node.Metadata.ResourceVersion));
        Assert.Equal(before.Metadata.Labels, node.Metadata.Labels);
        Assert.Equal(before.Spec, node.Spec);
        Assert.Equal(before.Status.Allocatable, node.Status.Allocatable);
        Assert.Equal(before.Status.Images, node.Status.Images);
        Assert.Equal(before.Status.DeclaredFeatures, node.Status.DeclaredFeatures);
    }

    [Fact]
    public void Trim_WhatNoPluginReads_IsGone()
    {
        var node = Whole("a");

        _trimmer.Trim(node);

        Assert.Empty(node.Metadata.Annotations);
        Assert.Empty(node.Status.Capacity);
        Assert.Empty(node.Status.Conditions);
        Assert.Empty(node.Status.Addresses);
        Assert.Null(node.Status.NodeInfo);
    }

    [Fact]
    public void Trim_WhatTwoNodesHaveInCommon_IsThereOnce()
    {
        var (one, other) = (Whole("a"), Whole("b"));

        _trimmer.Trim(one);
        _trimmer.Trim(other);

        Assert.Same(one.Metadata.Labels["zone"], other.Metadata.Labels["zone"]);
        Assert.Same(one.Spec, other.Spec);
        Assert.Same(one.Status, other.Status);
    }

    [Fact]
    public void Trim_NodesThatDiffer_ShareTheImagesAndAmountsThatTheyBothHave()
    {
        var (one, other) = (Whole("a"), Whole("b"));
        other.Status.Images.Add(new ContainerImage { SizeBytes = 6, Names = { "registry.test/other:1" } });

        _trimmer.Trim(one);
        _trimmer.Trim(other);

        Assert.NotSame(one.Status, other.Status);
        Assert.Same(one.Status.Images[0], other.Status.Images[0]);
        Assert.Same(one.Status.Allocatable["cpu"].String, other.Status.Allocatable["cpu"].String);
    }

    [Fact]
    public void Trim_NodeWithoutStatus_StaysWithout()
    {
        var node = new Node { Metadata = new() { Name = "a" } };

        _trimmer.Trim(node);

        Assert.Equal(("a", null), (node.Metadata.Name, node.Status));
    }

    // Strings of its own, as a decoded message has them.
    private static Node Whole(string name)
    {
        var node = Make.Node(name, labels: [("zone", New("z")), ("host", name)]);
        node.Metadata.Uid = name;
        node.Metadata.ResourceVersion = "7";
        node.Metadata.Annotations["note"] = "x";
        node.Spec.Taints.Add(new Taint { Key = "k", Effect = "NoSchedule" });
        node.Status.Allocatable["cpu"].String = New("4");
        node.Status.Capacity["cpu"] = node.Status.Allocatable["cpu"].Clone();
        node.Status.Conditions.Add(new NodeCondition { Type = "Ready", Status = "True" });
        node.Status.Addresses.Add(new NodeAddress { Type = "InternalIP", Address = "10.0.0.1" });
        node.Status.NodeInfo = new NodeSystemInfo { MachineID = "m" };
        node.Status.Images.Add(new ContainerImage { SizeBytes = 5, Names = { New("registry.test/app:1") } });
        node.Status.DeclaredFeatures.Add(New("F"));
        return node;
    }

    private static string New(string text) => new(text.AsSpan());
}
