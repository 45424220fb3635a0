namespace NodeAgent.Cluster.Tests.PodLife;

/// <summary>Init containers, sidecars, ephemeral containers.</summary>
public abstract partial class PodLifeTests
{
    private const int SidecarsSince = 29;

    private static readonly PodManifest[] InitPods =
    [
        new("init-order", """
            terminationGracePeriodSeconds: 1
            volumes: [{name: marks, hostPath: {path: MARKS}}]
            initContainers:
            - {name: first, image: IMAGE, command: [sh, -c, 'sleep 1; cut -d" " -f1 /proc/uptime >/marks/first'], volumeMounts: [{name: marks, mountPath: /marks}]}
            - {name: second, image: IMAGE, command: [sh, -c, 'cut -d" " -f1 /proc/uptime >/marks/second-begins; sleep 1; cut -d" " -f1 /proc/uptime >/marks/second'], volumeMounts: [{name: marks, mountPath: /marks}]}
            containers:
            - {name: main, image: IMAGE, command: [sh, -c, 'cut -d" " -f1 /proc/uptime >/marks/main; sleep 3600'], volumeMounts: [{name: marks, mountPath: /marks}]}
            """),
        new("init-waits", """
            terminationGracePeriodSeconds: 1
            initContainers:
            - {name: first, image: IMAGE, command: ["true"]}
            - {name: second, image: IMAGE, command: [sleep, "3600"]}
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"]}
            """),
        new("init-fails-never", """
            restartPolicy: Never
            initContainers:
            - {name: first, image: IMAGE, command: [sh, -c, 'exit 4']}
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"]}
            """),
        new("init-crashes", """
            terminationGracePeriodSeconds: 1
            initContainers:
            - {name: first, image: IMAGE, command: ["false"]}
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"]}
            """),
        new("sidecars", """
            terminationGracePeriodSeconds: 30
            volumes: [{name: marks, hostPath: {path: MARKS}}]
            initContainers:
            - name: outer
              image: IMAGE
              restartPolicy: Always
              command: [sh, -c, 'm() { cut -d" " -f1 /proc/uptime >/marks/outer-$1; }; trap "m ends; exit 0" TERM; m begins; sleep 2; touch /tmp/up; while true; do sleep 100 & wait $!; done']
              startupProbe: {exec: {command: [sh, -c, 'test -f /tmp/up && cut -d" " -f1 /proc/uptime >/marks/outer-started']}, periodSeconds: 1, failureThreshold: 60}
              volumeMounts: [{name: marks, mountPath: /marks}]
            - name: inner
              image: IMAGE
              restartPolicy: Always
              command: [sh, -c, 'm() { cut -d" " -f1 /proc/uptime >/marks/inner-$1; }; trap "sleep 1; m ends; exit 0" TERM; m begins; while true; do sleep 100 & wait $!; done']
              volumeMounts: [{name: marks, mountPath: /marks}]
            containers:
            - name: main
              image: IMAGE
              command: [sh, -c, 'm() { cut -d" " -f1 /proc/uptime >/marks/main-$1; }; trap "sleep 1; m ends; exit 0" TERM; m begins; while true; do sleep 100 & wait $!; done']
              volumeMounts: [{name: marks, mountPath: /marks}]
            """, SidecarsSince),
        new("sidecar-of-a-job", """
            terminationGracePeriodSeconds: 3
            restartPolicy: Never
            initContainers:
            - {name: helper, image: IMAGE, restartPolicy: Always, command: [sh, -c, 'trap "exit 0" TERM; while true; do sleep 100 & wait $!; done']}
            containers:
            - {name: main, image: IMAGE, command: [sh, -c, 'sleep 1; echo done']}
            """, SidecarsSince),
        new("sidecar-restarts", """
            terminationGracePeriodSeconds: 1
            restartPolicy: Never
            volumes: [{name: marks, hostPath: {path: MARKS}}]
            initContainers:
            - name: helper
              image: IMAGE
              restartPolicy: Always
              command: [sh, -c, 'test -f /marks/once && exec sleep 3600; touch /marks/once; exit 1']
              volumeMounts: [{name: marks, mountPath: /marks}]
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"]}
            """, SidecarsSince),
        new("debugged", """
            terminationGracePeriodSeconds: 1
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"]}
            """),
    ];

    [Fact]
    public async Task InitContainers_RunOneAfterTheOther_BeforeTheMainContainers()
    {
        var pod = await ReadyAsync("init-order");
        await WaitForMarkAsync("init-order", "main");

        Assert.True(Mark("init-order", "first") <= Mark("init-order", "second-begins"), "the second began before the first had ended");
        Assert.True(Mark("init-order", "second") <= Mark("init-order", "main"), "the main container began before the last init container had ended");
        Assert.All(pod.Status.InitContainerStatuses, s => Assert.Equal((0, "Completed"), (s.State.Terminated.ExitCode, s.State.Terminated.Reason)));
        Assert.All(pod.Status.InitContainerStatuses, s => Assert.True(s.Ready));
        Assert.Equal("True", ConditionOf(pod, "Initialized")?.Status);
        var during = History.Of("init-order").First(p => p.Status.InitContainerStatuses.Any(s => s.State.Running is not null));
        Assert.Equal(("False", "ContainersNotInitialized"), (ConditionOf(during, "Initialized")!.Status, ConditionOf(during, "Initialized")!.Reason));
        Assert.Equal("PodInitializing", Container(during)!.State.Waiting.Reason);
        Assert.Equal("Pending", during.Status.Phase);
        Assert.Equal("True", ConditionOf(during, "PodReadyToStartContainers")?.Status);
    }

    [Fact]
    public async Task InitContainer_ThatFailsForGood_FailsThePod()
    {
        var pod = await PhaseAsync("init-fails-never", "Failed");

        Assert.Equal((4, "Error"), (Container(pod, "first")!.State.Terminated.ExitCode, Container(pod, "first")!.State.Terminated.Reason));
        Assert.Equal("PodInitializing", Container(pod)!.State.Waiting.Reason);
        Assert.Equal("False", ConditionOf(pod, "Initialized")?.Status);
        Assert.DoesNotContain(History.EventsOf("init-fails-never"), e => e.Reason == "BackOff");
    }

    [FactSince(SidecarsSince, "sidecars")]
    public async Task Sidecars_StartInOrder_AndStopInReverse_AfterTheMainContainers()
    {
        await ReadyAsync("sidecars");
        await WaitForMarkAsync("sidecars", "main-begins");
        await DeleteAsync("sidecars");
        await History.WaitUntilGoneAsync("sidecars");

        Assert.True(Mark("sidecars", "outer-started") <= Mark("sidecars", "inner-begins"), "the second sidecar began before the first had passed its startup probe");
        Assert.True(Mark("sidecars", "inner-begins") <= Mark("sidecars", "main-begins") + 0.05, "the main container began before the sidecars");
        Assert.True(Mark("sidecars", "main-ends") <= Mark("sidecars", "inner-ends"), "a sidecar ended before the main container");
        Assert.True(Mark("sidecars", "inner-ends") <= Mark("sidecars", "outer-ends") + 0.05, "the sidecars did not end in reverse order");
        var started = History.Of("sidecars").First(p => Container(p, "outer")?.Started == true);
        Assert.NotNull(Container(started, "outer")!.State.Running);
    }

    [FactSince(SidecarsSince, "sidecars")]
    public async Task Sidecar_DoesNotKeepAJobAlive()
    {
        var pod = await PhaseAsync("sidecar-of-a-job", "Succeeded");

        Assert.Equal(0, Container(pod)!.State.Terminated.ExitCode);
        Assert.NotNull(Container(pod, "helper")!.State.Terminated);
        Assert.Equal("PodCompleted", ConditionOf(pod, "Ready")?.Reason);
    }

    [FactSince(SidecarsSince, "sidecars")]
    public async Task Sidecar_ThatEnds_IsRestarted_WhateverThePodsPolicy()
    {
        var pod = await History.WaitAsync("sidecar-restarts", "its sidecar to run again", p => Container(p, "helper") is { RestartCount: >= 1, State.Running: not null } && IsReady(p));

        Assert.Equal(1, Container(pod, "helper")!.LastState.Terminated.ExitCode);
        Assert.Equal(0, Container(pod)!.RestartCount);
    }

    [FactSince(25, "ephemeral containers")]
    public async Task EphemeralContainer_OfKubectlDebug_RunsInThePod()
    {
        await ReadyAsync("debugged");
        await cluster.KubectlAsync("debug", "debugged", "--image=" + DevCluster.Images.TestImages.BusyboxName, "--container=probe", "--target=main", "--profile=general", "--", "sh", "-c", "ps; sleep 3600");

        var pod = await History.WaitAsync("debugged", "its debug container to run", p => Container(p, "probe")?.State.Running is not null);
        Assert.Single(pod.Status.EphemeralContainerStatuses);
        await DevCluster.Processes.Wait.UntilAsync("the debug container to see the main container's process", TimeSpan.FromSeconds(20), async () =>
            (await cluster.KubectlAsync("logs", "debugged", "-c", "probe")).Contains("sleep 3600", StringComparison.Ordinal));
        Assert.True(IsReady(History.Of("debugged")[^1]));
    }
}
