using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.PodLife;

/// <summary>Container logs, their rotation, and pods that are used by tests of other parts.</summary>
public abstract partial class PodLifeTests
{
    private static readonly PodManifest[] LogPods =
    [
        new("talks-a-lot", """
            terminationGracePeriodSeconds: 1
            containers:
            - {name: main, image: IMAGE, command: [sh, -c, 'while [ ! -f /tmp/go ]; do sleep 0.1; done; i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i of a long story; test $((i % 50)) = 0 && sleep 0.2; done; echo the end; sleep 3600']}
            """),
        new("previous-words", """
            terminationGracePeriodSeconds: 1
            volumes: [{name: marks, hostPath: {path: MARKS}}]
            containers:
            - name: main
              image: IMAGE
              command: [sh, -c, 'test -f /marks/once && { echo second life; exec sleep 3600; }; touch /marks/once; echo first life; exit 1']
              volumeMounts: [{name: marks, mountPath: /marks}]
            """),
        new("terminating", """
            terminationGracePeriodSeconds: 8
            containers:
            - {name: main, image: IMAGE, command: [sh, -c, 'trap "" TERM; while true; do sleep 0.2; done']}
            """),
    ];

    [Fact]
    public async Task Logs_OfAFollower_MissNothingWhenFilesAreRotated()
    {
        await RunningAsync("talks-a-lot");
        // The story begins when it is listened to, because only the end of a long one is kept. The limit lies before its end.
        var followed = cluster.Plane.KubectlAsync(["logs", "-f", "talks-a-lot", "--limit-bytes=60000"]);
        await cluster.KubectlAsync("exec", "talks-a-lot", "--", "touch", "/tmp/go");
        await Wait.UntilAsync("the story to end", TimeSpan.FromSeconds(120), async () => await cluster.LogsAsync("talks-a-lot", "?tailLines=1") == "the end", interval: TimeSpan.FromMilliseconds(200));

        var folder = Directory.GetDirectories(cluster.Daemons.Options.PodLogsFolder, "default_talks-a-lot_*").Single();
        await Wait.UntilAsync("a rotated file", TimeSpan.FromSeconds(30), () => Task.FromResult(Directory.GetFiles(Path.Combine(folder, "main")).Length > 1), () => string.Join(' ', Directory.GetFiles(Path.Combine(folder, "main"))));
        Assert.InRange(Directory.GetFiles(Path.Combine(folder, "main")).Length, 2, 3);
        var lines = (await followed).Output.Split('\n').SkipLast(1).ToList();
        Assert.Equal(Enumerable.Range(1, lines.Count).Select(i => $"line {i} of a long story"), lines);
    }

    [Fact]
    public async Task Logs_OfThePreviousInstance_AreKept()
    {
        await History.WaitAsync("previous-words", "its second instance to run", p => Container(p) is { RestartCount: 1, State.Running: not null });

        Assert.Equal("first life", await cluster.KubectlAsync("logs", "previous-words", "--previous"));
        Assert.Equal("second life", await cluster.KubectlAsync("logs", "previous-words"));
    }

    [Fact]
    public async Task Logs_OfDeadInstances_GoWhenNewerOnesAreKept()
    {
        var pod = await History.WaitAsync("always", "to be restarted twice", p => Container(p) is { RestartCount: >= 2, State.Running: null });
        var folder = Path.Combine(cluster.Daemons.Options.PodLogsFolder, $"default_always_{pod.Metadata.Uid}", "main");

        // The one that runs or runs next, and the last that ran; one more for the moment in which a new one starts.
        await Wait.UntilAsync("the logs of older instances to go", TimeSpan.FromSeconds(30), () =>
            Task.FromResult(!File.Exists(Path.Combine(folder, "0.log")) && Directory.GetFiles(folder).Length is 1 or 2), () => string.Join(", ", Directory.GetFiles(folder)));
    }
}
