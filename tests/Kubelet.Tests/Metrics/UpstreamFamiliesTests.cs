using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using NodeAgent.ContainerRuntime;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Kubelet.Cpus;
using NodeAgent.Kubelet.Devices;
using NodeAgent.Kubelet.DynamicResources;
using NodeAgent.Kubelet.Images.Credentials;
using NodeAgent.Kubelet.Metrics;
using NodeAgent.Kubelet.PodResources;
using NodeAgent.Kubelet.Topology;
using NodeAgent.Testing;

namespace NodeAgent.Kubelet.Tests.Metrics;

/// <summary>Families that no page shows before something rare has happened: that they have upstream's types and labels then.</summary>
public sealed partial class UpstreamFamiliesTests
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(ComparePage.RepositoryRoot, "tests/Cluster.Tests/KubeletServer/UpstreamFamilies.txt"));

    private readonly MetricsRegistry _registry = new();

    [Fact]
    public void Pods_RefusedPreemptedEvicted() => Check(() =>
    {
        var metrics = new PodMetrics(_registry, TimeProvider.System);
        metrics.Rejected("OutOfcpu");
        metrics.Preempted("cpu");
        metrics.Evicted("memory.available", TimeSpan.FromSeconds(1));
        metrics.Restarted(new KubeApi.Core.V1.Pod { Metadata = new KubeApi.Meta.V1.ObjectMeta() });
    }, "kubelet_admission_rejections_total", "kubelet_preemptions", "kubelet_evictions", "kubelet_eviction_stats_age_seconds", "kubelet_restarted_pods_total");

    [Fact]
    public void Images_PulledAndRemoved() => Check(() =>
    {
        var metrics = new ImageMetrics(_registry);
        metrics.Pulled(1 << 20, TimeSpan.FromSeconds(2));
        metrics.Removed("space");
    }, "kubelet_image_pull_duration_seconds", "kubelet_image_garbage_collected_total");

    [Fact]
    public async Task Sandbox_ThatFails()
    {
        var metrics = new RuntimeMetrics(_registry, TimeProvider.System);

        await Assert.ThrowsAsync<RuntimeException>(() => metrics.CountSandboxAsync("", () => throw new RuntimeException(RuntimeErrorCode.Internal, "no")));

        Check(() => { }, "kubelet_run_podsandbox_errors_total", "kubelet_started_pods_errors_total", "kubelet_runtime_operations_errors_total");
    }

    [Fact]
    public void Devices_RegisteredAndAllocated() => Check(() =>
    {
        var metrics = new DeviceMetrics(_registry);
        metrics.Registered("example.com/gpu");
        metrics.Allocated("example.com/gpu", TimeSpan.FromSeconds(1));
    }, "kubelet_device_plugin_registration_total", "kubelet_device_plugin_alloc_duration_seconds");

    [Fact]
    public void PodResources_AskedAndFailed() => Check(() =>
    {
        var metrics = new PodResourcesMetrics(_registry);
        foreach (var call in (string[])["List", "Get", "GetAllocatableResources"])
        {
            metrics.Asked(call, "v1");
            metrics.Failed(call, "v1");
        }
    }, [.. ((string[])["requests_total", "requests_list", "requests_get", "requests_get_allocatable", "errors_list", "errors_get", "errors_get_allocatable"]).Select(n => "kubelet_pod_resources_endpoint_" + n)]);

    [Fact]
    public void Claims_PreparedByDrivers() => Check(() =>
    {
        var metrics = new ClaimMetrics(_registry, () => []);
        metrics.Done("PrepareResources", false, TimeSpan.FromSeconds(1));
        metrics.Called("driver", "/v1.DRAPlugin/NodePrepareResources", "OK", TimeSpan.FromSeconds(1));
    }, "dra_operations_duration_seconds", "dra_grpc_operations_duration_seconds", "dra_resource_claims_in_use");

    [Fact]
    public void Cpus_PinnedOrNot() => Check(() =>
    {
        var metrics = new CpuMetrics(_registry);
        metrics.Requested();
        metrics.Failed();
    }, "kubelet_cpu_manager_pinning_requests_total", "kubelet_cpu_manager_pinning_errors_total", "kubelet_cpu_manager_shared_pool_size_millicores", "kubelet_cpu_manager_exclusive_cpu_allocation_count");

    [Fact]
    public void Resources_AlignedOrNot() => Check(() =>
    {
        var metrics = new TopologyMetrics(_registry);
        var policy = new TopologyPolicy(TopologyPolicyKind.SingleNumaNode, TopologyScope.Pod, new NumaNodes([0, 1], ImmutableSortedDictionary<int, ImmutableArray<int>>.Empty), false);
        metrics.Aligned(policy);
        metrics.NotAligned(policy);
    }, "kubelet_container_aligned_compute_resources_count", "kubelet_container_aligned_compute_resources_failure_count");

    [Fact]
    public void Node_Registered() => Check(() =>
    {
        var metrics = new NodeStartupMetrics(_registry, uptime: 5, TimeProvider.System);
        metrics.Registering();
        metrics.Registered();
        metrics.Ready();
    }, [.. ((string[])["", "pre_kubelet_", "pre_registration_", "registration_", "post_registration_"]).Select(part => $"kubelet_node_startup_{part}duration_seconds")]);

    [Fact]
    public void Logins_OfPlugins() => Check(() =>
    {
        var metrics = new CredentialProviderMetrics(_registry);
        metrics.Errors.WithLabels("plugin").Inc();
        metrics.Durations.WithLabels("plugin").Observe(1);
        metrics.SetConfig("sha256:1");
    }, "kubelet_credential_provider_plugin_errors_total", "kubelet_credential_provider_plugin_duration", "kubelet_credential_provider_config_info");

    [Fact]
    public void CsiDrivers_Called() => Check(() => new CsiMetrics(_registry).Called("driver", "/csi.v1.Node/NodeStageVolume", "OK", TimeSpan.FromSeconds(1)), "csi_operations_seconds");

    private void Check(Action happen, params string[] families)
    {
        happen();
        var text = Encoding.UTF8.GetString(_registry.Expose().Span);
        foreach (var family in families)
        {
            var upstream = Lines.Single(l => l.StartsWith($"/metrics {family} ", StringComparison.Ordinal)).Split(' ');
            Assert.Contains($"# TYPE {family} {upstream[2]}\n", text, StringComparison.Ordinal);
            var sample = text.Split('\n').First(l => l.StartsWith(family, StringComparison.Ordinal));
            Assert.Equal(upstream.ElementAtOrDefault(3) ?? "", string.Join(',', Label().Matches(sample).Select(m => m.Groups[1].Value).Where(l => l != "le").Order(StringComparer.Ordinal)));
        }
    }

    [GeneratedRegex("([a-z_]+)=\"")]
    private static partial Regex Label();
}
