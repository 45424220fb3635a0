using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.EndToEnd;

/// <summary>What the published daemons say before they run: their version, and what is wrong with what they were given.</summary>
[Trait("Category", "Cluster")]
public sealed class DaemonStartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("na-start-").FullName;

    public static TheoryData<string> Daemons => ["kubelet", "kube-scheduler", "kube-proxy"];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Daemons))]
    public async Task Version_IsInTheFormThatKubeadmParses(string daemon)
    {
        var result = await RunAsync(daemon, "--version");

        Assert.Equal(0, result.ExitCode);
        Assert.Matches(@"^Kubernetes v1\.36\.\d+\n$", result.Output);
    }

    [Theory]
    [InlineData("kubelet", "--hostname-overide=x", "--hostname-override")]
    [InlineData("kube-scheduler", "--kubconfig=x", "--kubeconfig")]
    [InlineData("kube-proxy", "--cluster-cdir=10.0.0.0/8", "--cluster-cidr")]
    public async Task UnknownFlag_IsRefusedWithTheNearestKnownOne(string daemon, string flag, string suggestion)
    {
        var result = await RunAsync(daemon, flag);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(flag.Split('=')[0], result.Error, StringComparison.Ordinal);
        Assert.Contains(suggestion, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kubelet", "kubelet.config.k8s.io/v1beta1", "KubeletConfiguration", "maxPods: many\nstaticPodPathh: /x\n", "maxPods", "staticPodPathh")]
    [InlineData("kube-scheduler", "kubescheduler.config.k8s.io/v1", "KubeSchedulerConfiguration", "percentageOfNodesToScore: many\nprofilez: []\n", "percentageOfNodesToScore", "profilez")]
    [InlineData("kube-proxy", "kubeproxy.config.k8s.io/v1alpha1", "KubeProxyConfiguration", "clusterCIDR: 7\nclusterCidr: x\n", "clusterCIDR", "clusterCidr")]
    public async Task BadConfigFile_IsRefusedWithEveryErrorAndItsPlace(string daemon, string apiVersion, string kind, string fields, params string[] wrong)
    {
        var file = Path.Combine(_folder, "config.yaml");
        await File.WriteAllTextAsync(file, $"apiVersion: {apiVersion}\nkind: {kind}\n{fields}");

        var result = await RunAsync(daemon, $"--config={file}");

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(file, result.Error, StringComparison.Ordinal);
        Assert.All(wrong, field => Assert.Contains(field, result.Error, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Daemons))]
    public async Task MissingKubeconfig_IsNamed(string daemon)
    {
        var missing = Path.Combine(_folder, "nowhere.kubeconfig");

        var result = await RunAsync(daemon, $"--kubeconfig={missing}");

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(missing, result.Error, StringComparison.Ordinal);
    }

    private static Task<CommandResult> RunAsync(string daemon, params string[] arguments) =>
        Command.RunAsync(Path.Combine(DaemonBinaries.Own().Folder, daemon), arguments, throwOnFailure: false, timeout: TimeSpan.FromSeconds(30));
}
