using System.Diagnostics;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.PodLife;

/// <summary>The STATUS column of upstream's kubectl, for every version of every pod: also those that last a moment only.</summary>
public sealed class StatusColumn : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(240);

    private readonly ManagedProcess _kubectl;

    private StatusColumn(ManagedProcess kubectl) => _kubectl = kubectl;

    public static async Task<StatusColumn> StartAsync(LocalControlPlane plane, string folder) => new(await ManagedProcess.StartAsync(
        "kubectl-watch", Path.Combine(folder, "watch"), [plane.Binaries.Kubectl, "--kubeconfig", plane.AdminKubeconfig, "get", "pods", "--watch", "--no-headers"]));

    /// <summary>What was shown for the pod so far, oldest first.</summary>
    public IReadOnlyList<string> Of(string pod) =>
    [
        .. File.ReadAllLines(_kubectl.LogFile)
            .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(c => c.Length >= 5 && c[0] == pod)
            .Select(c => c[2]),
    ];

    public async Task WaitAsync(string pod, string status)
    {
        var waited = Stopwatch.StartNew();
        while (!Of(pod).Contains(status))
        {
            if (waited.Elapsed > Patience)
            {
                throw new TimeoutException($"waited {Patience.TotalSeconds:0} s for kubectl to show pod {pod} as {status}; it showed: {string.Join(", ", Of(pod))}");
            }

            await Task.Delay(100);
        }
    }

    public async ValueTask DisposeAsync() => await _kubectl.StopAsync();
}
