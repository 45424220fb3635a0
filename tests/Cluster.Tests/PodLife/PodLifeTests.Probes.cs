namespace NodeAgent.Cluster.Tests.PodLife;

/// <summary>Liveness, readiness and startup probes.</summary>
public abstract partial class PodLifeTests
{
    private static readonly PodManifest[] ProbePods =
    [
        new("liveness", """
            terminationGracePeriodSeconds: 1
            containers:
            - name: main
              image: IMAGE
              command: [sleep, "3600"]
              livenessProbe: {exec: {command: [sh, -c, 'echo unwell; exit 1']}, periodSeconds: 1, failureThreshold: 1, initialDelaySeconds: 2, timeoutSeconds: 20}
            """),
        new("startup", """
            terminationGracePeriodSeconds: 1
            containers:
            - name: main
              image: IMAGE
              command: [sh, -c, 'sleep 3; touch /tmp/up; sleep 3600']
              startupProbe: {exec: {command: [test, -f, /tmp/up]}, periodSeconds: 1, failureThreshold: 60, timeoutSeconds: 20}
              livenessProbe: {exec: {command: [test, -f, /tmp/up]}, periodSeconds: 1, failureThreshold: 1, timeoutSeconds: 20}
              readinessProbe: {exec: {command: [test, -f, /tmp/up]}, periodSeconds: 1, timeoutSeconds: 20}
            """),
        new("startup-fails", """
            terminationGracePeriodSeconds: 1
            restartPolicy: Never
            containers:
            - name: main
              image: IMAGE
              command: [sleep, "3600"]
              startupProbe: {exec: {command: ["false"]}, periodSeconds: 1, failureThreshold: 2, timeoutSeconds: 20}
            """),
        new("readiness-http", """
            terminationGracePeriodSeconds: 1
            containers:
            - name: main
              image: IMAGE
              command: [sh, -c, 'echo ok >/www/ready; httpd -p 8080 -h /www; sleep 3600']
              ports: [{name: web, containerPort: 8080}]
              readinessProbe: {httpGet: {path: /ready, port: web}, periodSeconds: 1, failureThreshold: 1, timeoutSeconds: 20}
            """),
        new("readiness-tcp", """
            terminationGracePeriodSeconds: 1
            containers:
            - name: main
              image: IMAGE
              command: [sh, -c, 'httpd -p 8080 -h /www; sleep 3600']
              readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1, timeoutSeconds: 20}
              livenessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1, timeoutSeconds: 20}
            - name: deaf
              image: IMAGE
              command: [sleep, "3600"]
              readinessProbe: {tcpSocket: {port: 8081}, periodSeconds: 1}
            """),
        // The API server is what speaks TLS here, with a certificate that the node has no reason to trust.
        new("https", """
            terminationGracePeriodSeconds: 1
            containers:
            - name: main
              image: IMAGE
              command: [sleep, "3600"]
              readinessProbe: {httpGet: {scheme: HTTPS, host: 10.96.0.1, port: 443, path: /healthz}, periodSeconds: 1, timeoutSeconds: 20}
              lifecycle: {postStart: {httpGet: {scheme: HTTPS, host: 10.96.0.1, port: 443, path: /healthz}}}
            - name: plain
              image: IMAGE
              command: [sleep, "3600"]
              readinessProbe: {httpGet: {host: 10.96.0.1, port: 443, path: /healthz}, periodSeconds: 1, timeoutSeconds: 20}
            - name: refused
              image: IMAGE
              command: [sleep, "3600"]
              lifecycle: {postStart: {httpGet: {host: 127.0.0.1, port: 1}}}
            """),
        new("exec-times-out", """
            terminationGracePeriodSeconds: 1
            containers:
            - name: main
              image: IMAGE
              command: [sleep, "3600"]
              readinessProbe: {exec: {command: [sleep, "60"]}, timeoutSeconds: 1, periodSeconds: 2, failureThreshold: 1}
            """),
        new("probe-grace", """
            terminationGracePeriodSeconds: 120
            volumes: [{name: marks, hostPath: {path: MARKS}}]
            containers:
            - name: main
              image: IMAGE
              command: [sh, -c, 'trap "" TERM; cut -d" " -f1 /proc/uptime >>/marks/begins; while true; do sleep 0.2; done']
              livenessProbe: {exec: {command: ["false"]}, periodSeconds: 1, failureThreshold: 1, initialDelaySeconds: 1, timeoutSeconds: 20, terminationGracePeriodSeconds: 3}
              volumeMounts: [{name: marks, mountPath: /marks}]
            """, 28),
        new("unready-while-ending", """
            terminationGracePeriodSeconds: 20
            containers:
            - name: main
              image: IMAGE
              command: [sh, -c, 'trap "touch /tmp/ending; sleep 5; exit 0" TERM; while true; do sleep 100 & wait $!; done']
              readinessProbe: {exec: {command: [sh, -c, 'test ! -f /tmp/ending']}, periodSeconds: 1, failureThreshold: 1, timeoutSeconds: 20}
            """),
    ];

    [Fact]
    public async Task LivenessProbe_ThatFails_RestartsTheContainer()
    {
        var pod = await History.WaitAsync("liveness", "a restart", p => Container(p) is { RestartCount: >= 1, State.Running: not null });

        Assert.Equal(137, Container(pod)!.LastState.Terminated.ExitCode);
        await History.WaitForEventAsync("liveness", "Unhealthy", "Liveness probe failed: unwell");
        await History.WaitForEventAsync("liveness", "Killing", "Container main failed liveness probe, will be restarted");
        // The first restart is at once.
        Assert.DoesNotContain(History.Of("liveness"), p => Container(p) is { RestartCount: 0, State.Waiting.Reason: "CrashLoopBackOff" });
        // initialDelaySeconds, by the engine's times: on a busy host the container's own first step may come late.
        var end = Container(pod)!.LastState.Terminated;
        Assert.True(end.FinishedAt.Seconds - end.StartedAt.Seconds >= 2, $"it was killed within initialDelaySeconds: {end}");
    }

    [Fact]
    public async Task StartupProbe_HoldsBackTheOthers()
    {
        var pod = await ReadyAsync("startup");

        Assert.True(Container(pod)!.Started);
        Assert.Equal(0, Container(pod)!.RestartCount);
        Assert.Contains(History.Of("startup"), p => Container(p) is { State.Running: not null, Started: false, Ready: false });
        Assert.DoesNotContain(History.EventsOf("startup"), e => e.Message.StartsWith("Liveness", StringComparison.Ordinal) || e.Message.StartsWith("Readiness", StringComparison.Ordinal));
    }

    [Fact]
    public async Task StartupProbe_ThatFails_KillsTheContainer()
    {
        var pod = await PhaseAsync("startup-fails", "Failed");

        Assert.Equal(137, Container(pod)!.State.Terminated.ExitCode);
        // No container is to go on, so that upstream ends the pod and not the container.
        await History.WaitForEventAsync("startup-fails", "Killing", "Stopping container main");
        await History.WaitForEventAsync("startup-fails", "Unhealthy", "Startup probe failed: ");
    }

    [Fact]
    public async Task ReadinessProbe_ByHttp_GoesUpAndDown()
    {
        await ReadyAsync("readiness-http");
        await cluster.KubectlAsync("exec", "readiness-http", "--", "rm", "/www/ready");
        var pod = await History.WaitAsync("readiness-http", "not to be ready again", p => p.Status.Phase == "Running" && History.Of("readiness-http").TakeWhile(v => v != p).Any(IsReady) && !IsReady(p));

        Assert.Equal(("ContainersNotReady", "containers with unready status: [main]"), (ConditionOf(pod, "Ready")!.Reason, ConditionOf(pod, "Ready")!.Message));
        Assert.Equal(0, Container(pod)!.RestartCount);
        await History.WaitForEventAsync("readiness-http", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 404");
    }

    [Fact]
    public async Task HttpsOfProbesAndHooks_IsSpoken_WhateverTheCertificate()
    {
        await History.WaitAsync("https", "its first container to be ready", p => Container(p)?.Ready == true);

        await History.WaitForEventAsync("https", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 400");
        await History.WaitForEventAsync("https", "FailedPostStartHook", "PostStartHook failed");
        Assert.DoesNotContain(History.Of("https"), p => Container(p, "plain")?.Ready == true || Container(p, "refused")?.Ready == true);
        Assert.Equal(0, Container(History.Of("https")[^1])!.RestartCount);
    }

    [Fact]
    public async Task TcpProbe_TellsOpenPortsFromClosedOnes()
    {
        await History.WaitAsync("readiness-tcp", "its first container to be ready", p => Container(p)?.Ready == true);

        await History.WaitForEventAsync("readiness-tcp", "Unhealthy", ":8081: connect: connection refused");
        Assert.DoesNotContain(History.Of("readiness-tcp"), p => Container(p, "deaf")?.Ready == true);
    }

    [Fact]
    public async Task ExecProbe_ThatTakesTooLong_Fails()
    {
        await RunningAsync("exec-times-out");

        await History.WaitForEventAsync("exec-times-out", "Unhealthy", "timed out after 1s");
        Assert.DoesNotContain(History.Of("exec-times-out"), IsReady);
    }

    [FactSince(28, "terminationGracePeriodSeconds of a probe")]
    public async Task LivenessProbe_WithAGracePeriod_UsesItInPlaceOfThePods()
    {
        await History.WaitAsync("probe-grace", "a restart", p => Container(p)?.RestartCount >= 1);
        await DevCluster.Processes.Wait.UntilAsync("two starts", TimeSpan.FromSeconds(120), () => Task.FromResult(AllMarks("probe-grace", "begins").Length >= 2));

        var begins = AllMarks("probe-grace", "begins");
        Assert.InRange(begins[1] - begins[0], 2.9, 60);
        await DeleteAsync("probe-grace", "--grace-period=1");
    }

    [Fact]
    public async Task ReadinessProbe_GoesOnWhileThePodEnds()
    {
        await ReadyAsync("unready-while-ending");
        await DeleteAsync("unready-while-ending");
        await History.WaitUntilGoneAsync("unready-while-ending");

        Assert.Contains(History.Of("unready-while-ending"), p => p.Metadata.DeletionTimestamp is not null && Container(p) is { State.Running: not null, Ready: false });
    }
}
