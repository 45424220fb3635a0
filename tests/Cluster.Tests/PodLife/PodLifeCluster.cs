using NodeAgent.Cluster.Tests.EndToEnd;
using NodeAgent.Cluster.Tests.KubeApi;
using NodeAgent.KubeApi.Client;

namespace NodeAgent.Cluster.Tests.PodLife;

/// <summary>A node on which the pods of all <see cref="PodLifeTests"/> live at the same time.</summary>
public abstract class PodLifeCluster : NodeCluster
{
    private KubeClient? _client;

    public KubeClient Client => _client ?? throw new InvalidOperationException("not started");

    public PodHistory History { get; } = new();

    /// <summary>Where pods leave marks of what happened to them and when.</summary>
    public string MarksFolder => Path.Combine(Folder, "marks");

    // Marks are read after the container is gone; rotation and the restart back-off are made short enough to be seen.
    protected override string KubeletConfig => """
        crashLoopBackOff:
          maxContainerRestartPeriod: 8s
        containerLogMaxSize: 20Ki
        containerLogMaxFiles: 3
        containerLogMonitorInterval: 3s
        """;

    /// <summary>The lines that the pod wrote into a file of its marks.</summary>
    public string[] Marks(string pod, string file)
    {
        var path = Path.Combine(MarksFolder, pod, file);
        return File.Exists(path) ? File.ReadAllLines(path) : [];
    }

    protected override async Task OnStartedAsync()
    {
        _client = ApiServerFixture.ClientFor(Plane.AdminKubeconfig);
        History.Start(_client);
        var pods = PodLifeTests.Manifests.Where(m => m.Since == 0 || Plane.Binaries.AtLeast(m.Since)).ToList();
        foreach (var pod in pods.Where(p => p.Spec.Contains("MARKS", StringComparison.Ordinal)))
        {
            Directory.CreateDirectory(Path.Combine(MarksFolder, pod.Name));
        }

        await ApplyAsync(string.Join("---\n", pods.Select(p => p.ToYaml(MarksFolder))));
    }

    protected override async Task OnStoppingAsync()
    {
        await History.DisposeAsync();
        _client?.Dispose();
    }
}
