using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.Docker.Mapping;
using NodeAgent.ContainerRuntime.V1;
using Mount = NodeAgent.ContainerRuntime.V1.Mount;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Mapping;

public sealed class MountMappingTests
{
    private static readonly Version Docker20 = new(1, 41);
    private static readonly Version Docker25 = new(1, 44);

    [Theory]
    [InlineData(MountPropagation.PropagationPrivate, "rprivate")]
    [InlineData(MountPropagation.PropagationHostToContainer, "rslave")]
    [InlineData(MountPropagation.PropagationBidirectional, "rshared")]
    public void ToDocker_Propagation_AndBack(MountPropagation propagation, string expected)
    {
        var mount = MountMapping.ToDocker(new Mount { HostPath = "/a:b", ContainerPath = "/c", Propagation = propagation }, Docker20);

        Assert.Equal("bind", mount.Type);
        Assert.Equal("/a:b", mount.Source);
        Assert.Equal(expected, mount.BindOptions!.Propagation);
        Assert.Equal(propagation, MountMapping.FromDocker(new MountPoint { Propagation = expected, RW = true }).Propagation);
    }

    [Fact]
    public void ToDocker_ReadOnlyOnANewEngine_IsNotRecursiveUnlessAskedFor()
    {
        Assert.Null(MountMapping.ToDocker(new Mount { Readonly = true }, Docker20).BindOptions!.ReadOnlyNonRecursive);
        Assert.True(MountMapping.ToDocker(new Mount { Readonly = true }, Docker25).BindOptions!.ReadOnlyNonRecursive);
        var recursive = MountMapping.ToDocker(new Mount { Readonly = true, RecursiveReadOnly = true }, Docker25).BindOptions!;
        Assert.True(recursive.ReadOnlyForceRecursive);
        Assert.Null(recursive.ReadOnlyNonRecursive);
    }

    [Fact]
    public void ToDocker_WhatTheEngineCannot_IsRefused()
    {
        Mount[] mounts = [new() { Readonly = true, RecursiveReadOnly = true }, new() { Image = new ImageSpec { Image = "busybox" } }];

        Assert.All(mounts, mount =>
            Assert.Equal(RuntimeErrorCode.Unimplemented, Assert.Throws<RuntimeException>(() => MountMapping.ToDocker(mount, Docker20)).Code));
    }
}
