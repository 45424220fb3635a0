using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Tests.Builders;

namespace NodeAgent.Kubelet.Tests.Pods.Model;

public class PodQosTests
{
    [Fact]
    public void Of_NothingAsked_IsBestEffort() => Assert.Equal("BestEffort", PodQos.Of(new PodBuilder().Container("a").Build()));

    [Fact]
    public void Of_LimitsEqualToRequestsInOtherWords_IsGuaranteed()
    {
        var pod = new PodBuilder().Container("a", c =>
        {
            PodBuilder.Requests(c, "500m", "1Gi");
            PodBuilder.Limits(c, "0.5", "1024Mi");
        }).Build();

        Assert.Equal("Guaranteed", PodQos.Of(pod));
    }

    [Fact]
    public void Of_LimitsWithoutRequests_IsGuaranteed() =>
        Assert.Equal("Guaranteed", PodQos.Of(new PodBuilder().Container("a", c => PodBuilder.Limits(c, "1", "1Gi")).Build()));

    [Fact]
    public void Of_OneContainerWithoutLimits_IsBurstable() =>
        Assert.Equal("Burstable", PodQos.Of(new PodBuilder().Container("a", c => PodBuilder.Limits(c, "1", "1Gi")).Container("b").Build()));

    [Fact]
    public void Of_AnInitContainerThatAsks_IsBurstable() =>
        Assert.Equal("Burstable", PodQos.Of(new PodBuilder().Init("i", c => PodBuilder.Requests(c, "1m", "1Mi")).Container("a").Build()));
}
