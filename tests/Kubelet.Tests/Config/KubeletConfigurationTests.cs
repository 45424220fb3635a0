using NodeAgent.Hosting.Config;
using NodeAgent.Kubelet.Config;

namespace NodeAgent.Kubelet.Tests.Config;

public sealed class KubeletConfigurationTests
{
    [Fact]
    public void Read_FileOfKubeadm_ZeroesAreDefaults()
    {
        const string File = """
            apiVersion: kubelet.config.k8s.io/v1beta1
            kind: KubeletConfiguration
            authentication:
              anonymous: {enabled: false}
              webhook: {cacheTTL: 0s, enabled: true}
              x509: {clientCAFile: /etc/kubernetes/pki/ca.crt}
            authorization:
              mode: Webhook
              webhook: {cacheAuthorizedTTL: 0s, cacheUnauthorizedTTL: 0s}
            cgroupDriver: systemd
            clusterDNS: [10.96.0.10]
            clusterDomain: cluster.local
            containerRuntimeEndpoint: ""
            cpuManagerReconcilePeriod: 0s
            crashLoopBackOff: {}
            evictionPressureTransitionPeriod: 0s
            fileCheckFrequency: 0s
            healthzBindAddress: 127.0.0.1
            healthzPort: 10248
            httpCheckFrequency: 0s
            imageMaximumGCAge: 0s
            imageMinimumGCAge: 0s
            logging:
              flushFrequency: 0
              options: {json: {infoBufferSize: "0"}, text: {infoBufferSize: "0"}}
              verbosity: 0
            memorySwap: {}
            nodeStatusReportFrequency: 0s
            nodeStatusUpdateFrequency: 0s
            rotateCertificates: true
            runtimeRequestTimeout: 0s
            shutdownGracePeriod: 0s
            shutdownGracePeriodCriticalPods: 0s
            staticPodPath: /etc/kubernetes/manifests
            streamingConnectionIdleTimeout: 0s
            syncFrequency: 0s
            volumeStatsAggPeriod: 0s
            """;

        var config = ConfigReader.Read<KubeletConfiguration>(File, "config.yaml", KubeletConfiguration.Kind).Value;

        var defaults = new KubeletConfiguration();
        Assert.Equal(defaults.RuntimeRequestTimeout, config.RuntimeRequestTimeout);
        Assert.Equal(defaults.ContainerRuntimeEndpoint, config.ContainerRuntimeEndpoint);
        Assert.Equal(defaults.NodeStatusUpdateFrequency, config.NodeStatusUpdateFrequency);
        Assert.Equal(defaults.NodeStatusReportFrequency, config.NodeStatusReportFrequency);
        Assert.Equal(defaults.EvictionPressureTransitionPeriod, config.EvictionPressureTransitionPeriod);
        Assert.Equal(defaults.HttpCheckFrequency, config.HttpCheckFrequency);
        Assert.Equal(defaults.ImageMinimumGcAge, config.ImageMinimumGcAge);
        Assert.Equal(defaults.StreamingConnectionIdleTimeout, config.StreamingConnectionIdleTimeout);
        Assert.Equal(defaults.VolumeStatsAggPeriod, config.VolumeStatsAggPeriod);
        Assert.Equal(defaults.Authentication.Webhook.CacheTtl, config.Authentication.Webhook.CacheTtl);
        Assert.Equal(defaults.Authorization.Webhook.CacheAuthorizedTtl, config.Authorization.Webhook.CacheAuthorizedTtl);
        Assert.Equal(defaults.Authorization.Webhook.CacheUnauthorizedTtl, config.Authorization.Webhook.CacheUnauthorizedTtl);
        Assert.Equal("systemd", config.CgroupDriver);
        Assert.Equal(TimeSpan.Zero, config.ImageMaximumGcAge);
    }
}
