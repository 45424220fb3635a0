namespace NodeAgent.Cluster.Tests.PodLife;

/// <summary>Restart policies and rules, back-off, deadlines, out of memory.</summary>
public abstract partial class PodLifeTests
{
    private const int RestartRulesSince = 35;
    private const int RestartAllSince = 36;

    private static readonly PodManifest[] RestartPods =
    [
        new("never-fails", """
            restartPolicy: Never
            containers:
            - {name: main, image: IMAGE, command: [sh, -c, 'exit 3']}
            - {name: fine, image: IMAGE, command: ["true"]}
            """),
        new("never-works", """
            restartPolicy: Never
            containers:
            - {name: main, image: IMAGE, command: ["true"]}
            """),
        new("on-failure", """
            restartPolicy: OnFailure
            volumes: [{name: marks, hostPath: {path: MARKS}}]
            containers:
            - name: main
              image: IMAGE
              command: [sh, -c, 'test -f /marks/once && exit 0; touch /marks/once; exit 9']
              volumeMounts: [{name: marks, mountPath: /marks}]
            """),
        new("always", """
            terminationGracePeriodSeconds: 1
            volumes: [{name: marks, hostPath: {path: MARKS}}]
            containers:
            - name: main
              image: IMAGE
              command: [sh, -c, 'cut -d" " -f1 /proc/uptime >>/marks/begins; exit 0']
              volumeMounts: [{name: marks, mountPath: /marks}]
            """),
        new("out-of-memory", """
            restartPolicy: Never
            containers:
            - name: main
              image: IMAGE
              command: [sh, -c, 'sleep 1; exec tail /dev/zero']
              resources: {limits: {memory: 24Mi}}
            """),
        new("child-out-of-memory", """
            terminationGracePeriodSeconds: 1
            containers:
            - name: main
              image: IMAGE
              command: [sh, -c, 'sleep 1; tail /dev/zero; sleep 3600']
              resources: {limits: {memory: 24Mi}}
            """),
        new("gets-a-better-image", """
            terminationGracePeriodSeconds: 1
            containers:
            - {name: main, image: "127.0.0.1:1/absent:1", command: [sleep, "3600"]}
            """),
        new("deadline", """
            activeDeadlineSeconds: 3
            terminationGracePeriodSeconds: 1
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"]}
            """),
        new("rules", """
            restartPolicy: Never
            terminationGracePeriodSeconds: 1
            volumes: [{name: marks, hostPath: {path: MARKS}}]
            containers:
            - name: main
              image: IMAGE
              command: [sh, -c, 'test -f /marks/once && exit 7; touch /marks/once; exit 42']
              restartPolicy: Never
              restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [42]}}]
              volumeMounts: [{name: marks, mountPath: /marks}]
            """, RestartRulesSince),
        new("restarts-all", """
            restartPolicy: Never
            terminationGracePeriodSeconds: 1
            volumes: [{name: marks, hostPath: {path: MARKS}}]
            initContainers:
            - name: first
              image: IMAGE
              command: [sh, -c, 'cut -d" " -f1 /proc/uptime >>/marks/inits']
              volumeMounts: [{name: marks, mountPath: /marks}]
            - {name: side, image: IMAGE, command: [sleep, "3600"], restartPolicy: Always}
            containers:
            - {name: worker, image: IMAGE, command: [sh, -c, 'echo instance; exec sleep 3600']}
            - name: watcher
              image: IMAGE
              command: [sh, -c, 'test -f /marks/once && exec sleep 3600; touch /marks/once; sleep 2; exit 88']
              restartPolicy: Never
              restartPolicyRules: [{action: RestartAllContainers, exitCodes: {operator: In, values: [88]}}]
              volumeMounts: [{name: marks, mountPath: /marks}]
            """, RestartAllSince),
    ];

    [FactSince(RestartAllSince, "the action RestartAllContainers")]
    public async Task RestartAllContainers_StartsThePodAnew_InItsSandbox()
    {
        var first = await ReadyAsync("restarts-all");
        var again = await History.WaitAsync("restarts-all", "to run again", p =>
            IsReady(p) && p.Status.ContainerStatuses.Concat(p.Status.InitContainerStatuses).All(s => s.RestartCount == 1));

        Assert.Equal(first.Status.PodIP, again.Status.PodIP);
        Assert.Equal(2, AllMarks("restarts-all", "inits").Length);
        Assert.NotEqual(Container(first, "worker")!.ContainerID, Container(again, "worker")!.ContainerID);
        Assert.All(again.Status.ContainerStatuses, s => Assert.Equal("RestartingAllContainers", s.LastState.Terminated.Reason));
        Assert.Equal("False", ConditionOf(again, "AllContainersRestarting")!.Status);
        Assert.Contains(History.Of("restarts-all"), p => ConditionOf(p, "AllContainersRestarting")?.Status == "True");
        Assert.DoesNotContain(History.Of("restarts-all").SkipWhile(p => ConditionOf(p, "Initialized")?.Status != "True"), p => ConditionOf(p, "Initialized")?.Status != "True");
        Assert.Equal("instance", await cluster.KubectlAsync("logs", "restarts-all", "-c", "worker"));
    }

    [Fact]
    public async Task ImageThatCannotBePulled_ExchangedForAnother_Runs()
    {
        await History.WaitForEventAsync("gets-a-better-image", "BackOff", "Back-off pulling image");

        await cluster.KubectlAsync("set", "image", "pod/gets-a-better-image", "main=" + DevCluster.Images.TestImages.BusyboxName);

        var pod = await ReadyAsync("gets-a-better-image");
        Assert.Equal(0, Container(pod)!.RestartCount);
    }

    [Fact]
    public async Task RestartNever_WithAFailure_FailsThePod()
    {
        var pod = await PhaseAsync("never-fails", "Failed");

        Assert.Equal((3, "Error"), (Container(pod)!.State.Terminated.ExitCode, Container(pod)!.State.Terminated.Reason));
        Assert.Equal((0, "Completed"), (Container(pod, "fine")!.State.Terminated.ExitCode, Container(pod, "fine")!.State.Terminated.Reason));
        Assert.Equal(("False", "PodFailed"), (ConditionOf(pod, "Ready")!.Status, ConditionOf(pod, "Ready")!.Reason));
        Assert.All(pod.Status.ContainerStatuses, s => Assert.Equal((false, 0), (s.Ready, s.RestartCount)));
    }

    [Fact]
    public async Task RestartNever_WithoutAFailure_Succeeds()
    {
        var pod = await PhaseAsync("never-works", "Succeeded");

        Assert.Equal(("False", "PodCompleted"), (ConditionOf(pod, "Ready")!.Status, ConditionOf(pod, "Ready")!.Reason));
        Assert.Equal(("True", "PodCompleted"), (ConditionOf(pod, "Initialized")!.Status, ConditionOf(pod, "Initialized")!.Reason));
        Assert.False(Container(pod)!.Started);
    }

    [Fact]
    public async Task RestartOnFailure_RestartsUntilItWorks()
    {
        var pod = await PhaseAsync("on-failure", "Succeeded");

        Assert.Equal((1, 0), (Container(pod)!.RestartCount, Container(pod)!.State.Terminated.ExitCode));
        Assert.Equal(9, Container(pod)!.LastState.Terminated.ExitCode);
        Assert.DoesNotContain(History.Of("on-failure"), p => p.Status.Phase == "Failed");
    }

    [Fact]
    public async Task CrashLoop_WaitsLongerEachTime_UpToTheConfiguredMost()
    {
        var pod = await History.WaitAsync("always", "three restarts", p => Container(p)?.RestartCount >= 3);
        await DevCluster.Processes.Wait.UntilAsync("four starts", TimeSpan.FromSeconds(120), () => Task.FromResult(AllMarks("always", "begins").Length >= 4));

        var begins = AllMarks("always", "begins");
        // The first restart is at once; crashLoopBackOff.maxContainerRestartPeriod is 8s here.
        Assert.DoesNotContain(History.Of("always"), p => Container(p) is { RestartCount: 0, State.Waiting.Reason: "CrashLoopBackOff" });
        Assert.All([begins[2] - begins[1], begins[3] - begins[2]], pause => Assert.InRange(pause, 7.5, 60));
        Assert.Equal("Running", pod.Status.Phase);
        var waiting = History.Of("always").First(p => Container(p)?.State.Waiting?.Reason == "CrashLoopBackOff");
        Assert.Matches(@"^back-off 8s restarting failed container=main pod=always_default\(.+\)$", Container(waiting)!.State.Waiting.Message);
        Assert.Equal("Completed", Container(waiting)!.LastState.Terminated.Reason);
        await History.WaitForEventAsync("always", "BackOff", "Back-off restarting failed container main in pod always_default(");
    }

    [Fact]
    public async Task Container_ThatUsesTooMuchMemory_IsOomKilled()
    {
        var pod = await PhaseAsync("out-of-memory", "Failed");

        Assert.Equal((137, "OOMKilled"), (Container(pod)!.State.Terminated.ExitCode, Container(pod)!.State.Terminated.Reason));
    }

    [Fact]
    public async Task ProcessThatUsesTooMuchMemory_IsToldOf_EvenWhenTheContainerLivesOn() =>
        await History.WaitForEventAsync("child-out-of-memory", "OOMKilling", "of container main was killed: out of memory, the limit is 24Mi");

    [Fact]
    public async Task ActiveDeadline_EndsThePod()
    {
        var pod = await PhaseAsync("deadline", "Failed");

        Assert.Equal(("DeadlineExceeded", "Pod was active on the node longer than the specified deadline"), (pod.Status.Reason, pod.Status.Message));
        Assert.NotNull(Container(pod)!.State.Terminated);
        Assert.True(Container(pod)!.State.Terminated.FinishedAt.Seconds - pod.Status.StartTime.Seconds >= 3);
    }

    [FactSince(RestartRulesSince, "container restart rules")]
    public async Task RestartRule_RestartsOnItsExitCode_AndNoOther()
    {
        var pod = await PhaseAsync("rules", "Failed");

        Assert.Equal((1, 7), (Container(pod)!.RestartCount, Container(pod)!.State.Terminated.ExitCode));
        Assert.Equal(42, Container(pod)!.LastState.Terminated.ExitCode);
    }
}
