namespace NodeAgent.Cluster.Tests.PodLife;

/// <summary>What status and kubectl show.</summary>
public abstract partial class PodLifeTests
{
    private static readonly PodManifest[] StatusPods =
    [
        new("last-words", """
            restartPolicy: Never
            containers:
            - {name: file, image: IMAGE, command: [sh, -c, 'echo -n from the file >/dev/termination-log']}
            - {name: own-file, image: IMAGE, terminationMessagePath: /tmp/words, command: [sh, -c, 'echo -n from another file >/tmp/words; exit 1']}
            - {name: log, image: IMAGE, terminationMessagePolicy: FallbackToLogsOnError, command: [sh, -c, 'echo one; echo two; exit 1']}
            - {name: quiet, image: IMAGE, terminationMessagePolicy: FallbackToLogsOnError, command: [sh, -c, 'echo said and done']}
            - {name: long-file, image: IMAGE, command: [sh, -c, 'yes | head -c 9000 >/dev/termination-log']}
            """),
        new("long-log", """
            restartPolicy: Never
            containers:
            - {name: main, image: IMAGE, terminationMessagePolicy: FallbackToLogsOnError, command: [sh, -c, 'for i in $(seq 1000); do echo line $i of what the container has to say; done; exit 1']}
            """),
        new("long-words", """
            restartPolicy: Never
            containers:
            - {name: main, image: IMAGE, command: [sh, -c, 'yes | head -c 9000 >/dev/termination-log']}
            """),
        new("many-long-words", """
            restartPolicy: Never
            containers:
            - {name: a, image: IMAGE, command: [sh, -c, 'yes | head -c 4000 >/dev/termination-log']}
            - {name: b, image: IMAGE, command: [sh, -c, 'yes | head -c 4000 >/dev/termination-log']}
            - {name: c, image: IMAGE, command: [sh, -c, 'yes | head -c 4000 >/dev/termination-log']}
            - {name: d, image: IMAGE, command: [sh, -c, 'yes | head -c 4000 >/dev/termination-log']}
            """),
        new("gated", """
            terminationGracePeriodSeconds: 1
            readinessGates: [{conditionType: example.com/gate}]
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"]}
            """),
        new("whole", """
            terminationGracePeriodSeconds: 1
            containers:
            - name: main
              image: IMAGE
              command: [sleep, "3600"]
              resources: {requests: {cpu: 10m, memory: 8Mi}, limits: {cpu: 10m, memory: 8Mi}}
            """),
        new("pull-never", """
            terminationGracePeriodSeconds: 1
            containers:
            - {name: main, image: "nodeagent.test/absent:1", imagePullPolicy: Never}
            """),
        new("pull-fails", """
            terminationGracePeriodSeconds: 1
            containers:
            - {name: main, image: "127.0.0.1:1/absent:1"}
            """),
        new("name-invalid", """
            terminationGracePeriodSeconds: 1
            containers:
            - {name: main, image: "Not/An/Image::"}
            """),
        new("config-missing", """
            terminationGracePeriodSeconds: 1
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"], envFrom: [{configMapRef: {name: absent}}]}
            """),
        new("no-map-volume", """
            terminationGracePeriodSeconds: 1
            volumes: [{name: map, configMap: {name: absent}}]
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"], volumeMounts: [{name: map, mountPath: /map}]}
            """),
        new("init-pull-fails", """
            terminationGracePeriodSeconds: 1
            initContainers:
            - {name: first, image: "127.0.0.1:1/absent:1"}
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"]}
            """),
        new("fits-nowhere", """
            nodeSelector: {zone: nowhere}
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"]}
            """),
        new("no-such-program", """
            terminationGracePeriodSeconds: 1
            restartPolicy: Never
            containers:
            - {name: main, image: IMAGE, command: [/no/such/program]}
            """),
        new("never-starts", """
            terminationGracePeriodSeconds: 1
            containers:
            - {name: main, image: IMAGE, command: [/no/such/program]}
            """),
        new("no-such-profile", """
            terminationGracePeriodSeconds: 1
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"], securityContext: {seccompProfile: {type: Localhost, localhostProfile: no/such.json}}}
            """),
        new("initialized-slowly", """
            terminationGracePeriodSeconds: 1
            initContainers:
            - {name: first, image: IMAGE, command: ["true"]}
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"], lifecycle: {postStart: {exec: {command: [sleep, "3600"]}}}}
            """),
        new("greedy", """
            terminationGracePeriodSeconds: 1
            volumes: [{name: cache, emptyDir: {sizeLimit: 1Mi}}]
            containers:
            - name: main
              image: IMAGE
              command: [sh, -c, 'head -c 3000000 /dev/zero >/cache/file; sleep 3600']
              volumeMounts: [{name: cache, mountPath: /cache}]
            """),
        new("half-done", """
            terminationGracePeriodSeconds: 1
            restartPolicy: Never
            containers:
            - {name: main, image: IMAGE, command: ["true"]}
            - {name: beside, image: IMAGE, command: [sleep, "3600"]}
            """),
        new("shares-processes", """
            shareProcessNamespace: true
            terminationGracePeriodSeconds: 1
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"]}
            - {name: beside, image: IMAGE, command: [sleep, "3601"]}
            """),
        new("in-the-hosts-namespaces", """
            hostPID: true
            hostIPC: true
            terminationGracePeriodSeconds: 1
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"]}
            """),
        new("root-not-wanted", """
            terminationGracePeriodSeconds: 1
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"], securityContext: {runAsNonRoot: true}}
            """),
    ];

    [Fact]
    public async Task TerminationMessage_IsReadFromTheFile_OrTheLog_WithinItsLimits()
    {
        var pod = await PhaseAsync("last-words", "Failed");
        string Message(string name) => Container(pod, name)!.State.Terminated.Message;

        Assert.Equal("from the file", Message("file"));
        Assert.Equal("from another file", Message("own-file"));
        Assert.Equal("one\ntwo\n", Message("log"));
        Assert.Equal("", Message("quiet"));
        Assert.Equal(12 * 1024 / pod.Status.ContainerStatuses.Count, Message("long-file").Length);
        Assert.Equal(4096, Container(await PhaseAsync("long-words", "Succeeded"))!.State.Terminated.Message.Length);
    }

    [Fact]
    public async Task TerminationMessage_FromTheLog_IsItsEnd()
    {
        var pod = await PhaseAsync("long-log", "Failed");
        var message = Container(pod)!.State.Terminated.Message;

        Assert.EndsWith("line 1000 of what the container has to say\n", message, StringComparison.Ordinal);
        Assert.InRange(message.Length, 1500, 2048);
    }

    [Fact]
    public async Task TerminationMessages_OfAllContainers_ShareTwelveKilobytes()
    {
        var pod = await PhaseAsync("many-long-words", "Succeeded");

        Assert.All(pod.Status.ContainerStatuses, s => Assert.InRange(s.State.Terminated.Message.Length, 2900, 12 * 1024 / 4));
    }

    [Fact]
    public async Task ReadinessGate_HoldsThePodBack_UntilItsConditionIsTrue()
    {
        var waiting = await History.WaitAsync("gated", "to wait for its gate", p => ConditionOf(p, "ContainersReady")?.Status == "True");
        Assert.Equal(
            ("False", "ReadinessGatesNotReady", "corresponding condition of pod readiness gate \"example.com/gate\" does not exist."),
            (ConditionOf(waiting, "Ready")!.Status, ConditionOf(waiting, "Ready")!.Reason, ConditionOf(waiting, "Ready")!.Message));

        await cluster.Client.PatchAsync(
            NodeAgent.KubeApi.Resources.Pods, "default", "gated", NodeAgent.KubeApi.Client.PatchType.StrategicMerge,
            """{"status":{"conditions":[{"type":"example.com/gate","status":"True"}]}}"""u8.ToArray(), CancellationToken.None, "status");

        var ready = await ReadyAsync("gated");
        Assert.Equal("True", ConditionOf(ready, "example.com/gate")?.Status);
    }

    [Fact]
    public async Task Status_OfARunningPod_IsComplete()
    {
        var pod = await ReadyAsync("whole");
        var container = Container(pod)!;

        Assert.All(["PodScheduled", "Initialized", "ContainersReady", "Ready", "PodReadyToStartContainers"], type => Assert.Equal("True", ConditionOf(pod, type)?.Status));
        Assert.Equal(("Guaranteed", cluster.Network.Address), (pod.Status.QosClass, pod.Status.HostIP));
        Assert.Equal(pod.Status.PodIP, Assert.Single(pod.Status.PodIPs).Ip);
        Assert.StartsWith("10.244.0.", pod.Status.PodIP, StringComparison.Ordinal);
        Assert.NotNull(pod.Status.StartTime);
        Assert.True(container.Started && container.Ready);
        Assert.NotNull(container.State.Running.StartedAt);
        Assert.Equal(DevCluster.Images.TestImages.BusyboxName, container.Image);
        Assert.Contains("sha256:", container.ImageID, StringComparison.Ordinal);
        Assert.Matches("^(containerd|docker)://[0-9a-f]{64}$", container.ContainerID);
        await History.WaitForEventAsync("whole", "Pulled", "already present on machine");
        await History.WaitForEventAsync("whole", "Created", "ontainer");
        await History.WaitForEventAsync("whole", "Started", "ontainer");
        if (cluster.Plane.Binaries.AtLeast(34))
        {
            var mount = Assert.Single(container.VolumeMounts);
            Assert.Equal(("/var/run/secrets/kubernetes.io/serviceaccount", true, "Disabled"), (mount.MountPath, mount.ReadOnly, mount.RecursiveReadOnly));
            Assert.Equal(pod.Metadata.Generation, pod.Status.ObservedGeneration);
            Assert.All(pod.Status.Conditions.Where(c => c.Type != "PodScheduled"), c => Assert.Equal(pod.Metadata.Generation, c.ObservedGeneration));
            Assert.Equal("10m", container.Resources.Limits["cpu"].String);
            Assert.Equal("8Mi", container.AllocatedResources["memory"].String);
            Assert.Equal(cluster.Network.Address, Assert.Single(pod.Status.HostIPs).Ip);
        }
    }

    [Fact]
    public async Task Status_IsWrittenOnlyWhenItChanges()
    {
        await ReadyAsync("whole");
        var versions = History.Of("whole");

        Assert.InRange(versions.Count(p => p.Status.ContainerStatuses.Count > 0), 1, 3);
        Assert.Distinct(versions.Where(p => p.Status.ContainerStatuses.Count > 0).Select(p => p.Status));
    }

    [Theory]
    [InlineData("pull-never", "ErrImageNeverPull", "Container image \"nodeagent.test/absent:1\" is not present with pull policy of Never")]
    [InlineData("pull-fails", "ErrImagePull", "failed to")]
    [InlineData("pull-fails", "ImagePullBackOff", "Back-off pulling image \"127.0.0.1:1/absent:1\"")]
    [InlineData("name-invalid", "InvalidImageName", "couldn't parse image name \"Not/An/Image::\": invalid reference format")]
    [InlineData("config-missing", "CreateContainerConfigError", "configmap \"absent\" not found")]
    [InlineData("root-not-wanted", "CreateContainerConfigError", "container has runAsNonRoot and image will run as root")]
    public async Task Container_ThatCannotStart_SaysWhy(string name, string reason, string message)
    {
        var pod = await History.WaitAsync(name, $"to wait because of {reason}", p => Container(p)?.State.Waiting?.Reason == reason);

        Assert.Contains(message, Container(pod)!.State.Waiting.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("Pending", pod.Status.Phase);
        await History.WaitForEventAsync(name, reason is "ImagePullBackOff" ? "BackOff" : reason is "InvalidImageName" ? "InspectFailed" : "Failed", "");
    }

    [Fact]
    public async Task Pod_ThatFillsItsVolumeBeyondTheLimit_IsEvicted()
    {
        var pod = await PhaseAsync("greedy", "Failed");

        Assert.Equal(("Evicted", "Usage of EmptyDir volume \"cache\" exceeds the limit \"1Mi\". "), (pod.Status.Reason, pod.Status.Message));
        Assert.Equal(("True", "TerminationByKubelet"), (ConditionOf(pod, "DisruptionTarget")?.Status, ConditionOf(pod, "DisruptionTarget")?.Reason));
        await History.WaitForEventAsync("greedy", "Evicted", "exceeds the limit");
    }

    [Fact]
    public async Task Namespaces_AreShared_AsThePodAsks()
    {
        await ReadyAsync("shares-processes");
        await ReadyAsync("in-the-hosts-namespaces");
        await ReadyAsync("whole");
        Task<string> NamespacesAsync(string pod) => cluster.KubectlAsync("exec", pod, "-c", "main", "--", "sh", "-c", "readlink /proc/self/ns/pid; readlink /proc/self/ns/ipc");
        var ofTheHost = string.Join('\n', ((string[])["pid", "ipc"]).Select(n => new FileInfo("/proc/self/ns/" + n).LinkTarget));

        Assert.Contains("sleep 3601", await cluster.KubectlAsync("exec", "shares-processes", "-c", "main", "--", "ps"), StringComparison.Ordinal);
        Assert.Equal(ofTheHost, await NamespacesAsync("in-the-hosts-namespaces"));
        Assert.Empty(ofTheHost.Split('\n').Intersect((await NamespacesAsync("whole")).Split('\n')));
    }

    [Fact]
    public async Task Program_ThatIsNotThere_IsAStartError()
    {
        var pod = await PhaseAsync("no-such-program", "Failed");

        Assert.Contains(Container(pod)!.State.Terminated.Reason, (string[])["StartError", "ContainerCannotRun"]);
        Assert.Contains(Container(pod)!.State.Terminated.ExitCode, (int[])[127, 128]);
        Assert.Contains("/no/such/program", Container(pod)!.State.Terminated.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("init-waits", "Init:1/2")]
    [InlineData("init-fails-never", "Init:Error")]
    [InlineData("init-crashes", "Init:CrashLoopBackOff")]
    [InlineData("never-fails", "Error")]
    [InlineData("never-works", "Completed")]
    [InlineData("always", "CrashLoopBackOff")]
    [InlineData("out-of-memory", "OOMKilled")]
    [InlineData("deadline", "Error")]
    [InlineData("never-starts", "RunContainerError")]
    [InlineData("never-starts", "CrashLoopBackOff")]
    [InlineData("no-such-profile", "CreateContainerError")]
    [InlineData("initialized-slowly", "Init:0/1")]
    [InlineData("initialized-slowly", "PodInitializing")]
    [InlineData("post-start-fails", "PostStartHookError")]
    [InlineData("pull-fails", "ErrImagePull")]
    [InlineData("whole", "Running")]
    [InlineData("pull-never", "ErrImageNeverPull")]
    [InlineData("pull-fails", "ImagePullBackOff")]
    [InlineData("name-invalid", "InvalidImageName")]
    [InlineData("config-missing", "CreateContainerConfigError")]
    [InlineData("no-map-volume", "ContainerCreating")]
    [InlineData("init-pull-fails", "Init:ImagePullBackOff")]
    [InlineData("fits-nowhere", "Pending")]
    [InlineData("wants-too-much", "OutOfcpu")]
    [InlineData("wants-another-node", "NodeAffinity")]
    [InlineData("wants-a-sysctl", "SysctlForbidden")]
    [InlineData("half-done", "NotReady")]
    public Task StatusColumn_OfKubectl_IsUpstreams(string name, string expected) => cluster.Column.WaitAsync(name, expected);

    [Fact]
    public async Task Container_ThatTheEngineCannotStart_IsTriedAgain_WithBackOff()
    {
        var pod = await History.WaitAsync("never-starts", "to be tried again", p => Container(p) is { RestartCount: > 0, State.Waiting: not null, LastState.Terminated: not null });

        Assert.Contains(Container(pod)!.LastState.Terminated.Reason, (string[])["StartError", "ContainerCannotRun"]);
        Assert.Contains(Container(pod)!.LastState.Terminated.ExitCode, (int[])[127, 128]);
        var failed = History.Of("never-starts").First(p => Container(p)?.State.Waiting?.Reason == "RunContainerError");
        Assert.Contains("/no/such/program", Container(failed)!.State.Waiting.Message, StringComparison.Ordinal);
        await History.WaitForEventAsync("never-starts", "Failed", "/no/such/program");
        await History.WaitForEventAsync("never-starts", "BackOff", "Back-off restarting failed container main in pod never-starts_default(");
    }

    [Fact]
    public async Task StatusColumn_OfAPodThatEnds_IsTerminating()
    {
        await ReadyAsync("terminating");
        await DeleteAsync("terminating");

        Assert.Contains("Terminating", await cluster.KubectlAsync("get", "pod", "terminating", "--no-headers"), StringComparison.Ordinal);
    }
}
