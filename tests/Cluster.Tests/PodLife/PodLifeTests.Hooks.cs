using System.Diagnostics;

namespace NodeAgent.Cluster.Tests.PodLife;

/// <summary>Lifecycle hooks and the order of the end.</summary>
public abstract partial class PodLifeTests
{
    private static readonly PodManifest[] HookPods =
    [
        new("post-start", """
            terminationGracePeriodSeconds: 1
            volumes: [{name: marks, hostPath: {path: MARKS}}]
            containers:
            - name: main
              image: IMAGE
              command: [sleep, "3600"]
              lifecycle: {postStart: {exec: {command: [sh, -c, 'sleep 2; cut -d" " -f1 /proc/uptime >/marks/hook']}}}
              volumeMounts: [{name: marks, mountPath: /marks}]
            - name: next
              image: IMAGE
              command: [sh, -c, 'cut -d" " -f1 /proc/uptime >/marks/next; sleep 3600']
              volumeMounts: [{name: marks, mountPath: /marks}]
            """),
        new("post-start-fails", """
            terminationGracePeriodSeconds: 1
            containers:
            - name: main
              image: IMAGE
              command: [sleep, "3600"]
              lifecycle: {postStart: {exec: {command: [sh, -c, 'echo no luck; exit 5']}}}
            """),
        new("pre-stop", """
            terminationGracePeriodSeconds: 20
            volumes: [{name: marks, hostPath: {path: MARKS}}]
            containers:
            - name: main
              image: IMAGE
              command: [sh, -c, 'trap "cut -d\" \" -f1 /proc/uptime >/marks/term; exit 0" TERM; while true; do sleep 100 & wait $!; done']
              lifecycle: {preStop: {exec: {command: [sh, -c, 'cut -d" " -f1 /proc/uptime >/marks/hook; sleep 2; cut -d" " -f1 /proc/uptime >/marks/hook-done']}}}
              volumeMounts: [{name: marks, mountPath: /marks}]
            """),
        new("asked-by-http", """
            terminationGracePeriodSeconds: 20
            volumes: [{name: marks, hostPath: {path: MARKS}}]
            containers:
            - name: main
              image: IMAGE
              ports: [{name: web, containerPort: 8080}]
              command:
              - sh
              - -c
              - |
                mkdir /www/cgi-bin
                for name in probe hook; do
                  printf '#!/bin/sh\necho "$HTTP_HOST|$HTTP_USER_AGENT|$HTTP_X_WHO" >/marks/%s\nprintf "Content-Type: text/plain\r\n\r\nok\n"\n' $name >/www/cgi-bin/$name
                  chmod +x /www/cgi-bin/$name
                done
                trap 'cut -d" " -f1 /proc/uptime >/marks/term; exit 0' TERM
                httpd -p 8080 -h /www
                while true; do sleep 100 & wait $!; done
              readinessProbe: {httpGet: {path: /cgi-bin/probe, port: web, httpHeaders: [{name: Host, value: probed.example}, {name: X-Who, value: probe}]}, periodSeconds: 1, timeoutSeconds: 20}
              lifecycle: {preStop: {httpGet: {path: /cgi-bin/hook, port: 8080, httpHeaders: [{name: X-Who, value: hook}]}}}
              volumeMounts: [{name: marks, mountPath: /marks}]
            """),
        new("pre-stop-overruns", """
            terminationGracePeriodSeconds: 4
            volumes: [{name: marks, hostPath: {path: MARKS}}]
            containers:
            - name: main
              image: IMAGE
              command: [sh, -c, 'm() { cut -d" " -f1 /proc/uptime >>/marks/$1; }; trap "m term" TERM; while true; do sleep 0.1; test -f /marks/term && m alive; done']
              lifecycle: {preStop: {exec: {command: [sh, -c, 'cut -d" " -f1 /proc/uptime >/marks/hook; sleep 600']}}}
              volumeMounts: [{name: marks, mountPath: /marks}]
            """),
        new("pre-stop-fails", """
            terminationGracePeriodSeconds: 20
            volumes: [{name: marks, hostPath: {path: MARKS}}]
            containers:
            - name: main
              image: IMAGE
              command: [sh, -c, 'trap "cut -d\" \" -f1 /proc/uptime >/marks/term; exit 0" TERM; while true; do sleep 100 & wait $!; done']
              lifecycle: {preStop: {exec: {command: ["false"]}}}
              volumeMounts: [{name: marks, mountPath: /marks}]
            """),
        new("pre-stop-sleeps", """
            terminationGracePeriodSeconds: 20
            volumes: [{name: marks, hostPath: {path: MARKS}}]
            containers:
            - name: main
              image: IMAGE
              command: [sh, -c, 'trap "cut -d\" \" -f1 /proc/uptime >/marks/term; exit 0" TERM; while true; do sleep 100 & wait $!; done']
              lifecycle: {preStop: {sleep: {seconds: 3}}}
              volumeMounts: [{name: marks, mountPath: /marks}]
            """, 32),
        new("impatient", """
            terminationGracePeriodSeconds: 600
            containers:
            - name: main
              image: IMAGE
              command: [sh, -c, 'trap "" TERM; while true; do sleep 0.2; done']
              lifecycle: {preStop: {exec: {command: [sleep, "600"]}}}
            """),
        new("forced", """
            terminationGracePeriodSeconds: 600
            containers:
            - {name: main, image: IMAGE, command: [sh, -c, 'trap "" TERM; while true; do sleep 0.2; done']}
            """),
    ];

    [Fact]
    public async Task PostStart_IsWaitedFor_BeforeTheContainerCountsAsRunning()
    {
        await ReadyAsync("post-start");
        await WaitForMarkAsync("post-start", "next");

        Assert.True(Mark("post-start", "hook") <= Mark("post-start", "next"), "the next container began before the hook was done");
    }

    [Fact]
    public async Task PostStart_ThatFails_KillsTheContainer()
    {
        await History.WaitAsync("post-start-fails", "a restart", p => Container(p)?.RestartCount >= 1);

        await History.WaitForEventAsync("post-start-fails", "FailedPostStartHook", "PostStartHook failed");
        await History.WaitForEventAsync("post-start-fails", "Killing", "FailedPostStartHook");
        Assert.DoesNotContain(History.Of("post-start-fails"), IsReady);
        Assert.Contains(History.Of("post-start-fails"), p => Container(p)?.State.Waiting?.Reason is "PostStartHookError" or "CrashLoopBackOff");
    }

    [Fact]
    public async Task PreStop_RunsBeforeTheStopSignal()
    {
        await ReadyAsync("pre-stop");
        await DeleteAsync("pre-stop");
        await History.WaitUntilGoneAsync("pre-stop");

        Assert.True(Mark("pre-stop", "hook-done") <= Mark("pre-stop", "term"), "SIGTERM came before the hook was done");
        Assert.Contains(History.Of("pre-stop"), p => p.Metadata.DeletionTimestamp is not null && Container(p)?.State.Running is not null);
        await History.WaitForEventAsync("pre-stop", "Killing", "Stopping container main");
    }

    [Fact]
    public async Task HttpActions_OfProbesAndHooks_SayWhoAsks()
    {
        var pod = await ReadyAsync("asked-by-http");
        await DeleteAsync("asked-by-http");
        await History.WaitUntilGoneAsync("asked-by-http");

        Assert.Equal("probed.example|kube-probe/1.36|probe", Assert.Single(cluster.Marks("asked-by-http", "probe")));
        Assert.Equal($"{pod.Status.PodIP}:8080|kube-lifecycle/1.36|hook", Assert.Single(cluster.Marks("asked-by-http", "hook")));
        Assert.NotEmpty(cluster.Marks("asked-by-http", "term"));
    }

    [Fact]
    public async Task PreStop_ThatOverruns_LeavesTheContainerTwoSecondsAfterTheSignal()
    {
        await ReadyAsync("pre-stop-overruns");
        await DeleteAsync("pre-stop-overruns");
        await History.WaitUntilGoneAsync("pre-stop-overruns");

        var (hook, term) = (Mark("pre-stop-overruns", "hook"), Mark("pre-stop-overruns", "term"));
        Assert.InRange(term - hook, 3, 9);
        Assert.InRange(AllMarks("pre-stop-overruns", "alive")[^1] - term, 1.5, 4);
    }

    [Fact]
    public async Task PreStop_ThatFails_IsTold_AndTheEndGoesOn()
    {
        await ReadyAsync("pre-stop-fails");
        await DeleteAsync("pre-stop-fails");
        await History.WaitUntilGoneAsync("pre-stop-fails");

        await History.WaitForEventAsync("pre-stop-fails", "FailedPreStopHook", "PreStopHook failed");
        Assert.True(Mark("pre-stop-fails", "term") > 0);
    }

    [FactSince(32, "the sleep action")]
    public async Task PreStop_Sleep_HoldsBackTheSignal()
    {
        await ReadyAsync("pre-stop-sleeps");
        var before = Uptime();
        await DeleteAsync("pre-stop-sleeps");
        await History.WaitUntilGoneAsync("pre-stop-sleeps");

        Assert.InRange(Mark("pre-stop-sleeps", "term") - before, 2.9, 12);
    }

    [Fact]
    public async Task SecondDelete_WithAShorterGracePeriod_CutsInAtOnce()
    {
        await ReadyAsync("impatient");
        await DeleteAsync("impatient");
        await History.WaitForEventAsync("impatient", "Killing", "Stopping container main");
        var watch = Stopwatch.StartNew();
        await DeleteAsync("impatient", "--grace-period=1");
        await History.WaitUntilGoneAsync("impatient");

        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 15);
    }

    [Fact]
    public async Task ForcedDelete_RemovesTheObjectAtOnce_KillsTheContainer_AndTheNameIsFree()
    {
        var first = await ReadyAsync("forced");
        await DeleteAsync("forced", "--grace-period=0", "--force");
        await History.WaitUntilGoneAsync("forced");
        // The next one of the same name does not wait for the object, but for the containers.
        await cluster.ApplyAsync(HookPods.Single(p => p.Name == "forced").ToYaml("", ""));

        await DevCluster.Processes.Wait.UntilAsync("the container to be gone", TimeSpan.FromSeconds(120), async () =>
            !(await cluster.Engine.Runtime.ListContainersAsync(null, CancellationToken.None)).Any(c => c.Labels.TryGetValue("io.kubernetes.pod.uid", out var uid) && uid == first.Metadata.Uid));
        await History.WaitAsync("forced", "the next one to be ready", p => p.Metadata.Uid != first.Metadata.Uid && IsReady(p));
        await DeleteAsync("forced", "--grace-period=0", "--force");
    }

    private static double Uptime() => double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
}
