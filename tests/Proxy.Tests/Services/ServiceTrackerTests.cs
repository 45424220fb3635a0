using NodeAgent.Proxy.Services;
using NodeAgent.Proxy.Tests.Fakes;

namespace NodeAgent.Proxy.Tests.Services;

public class ServiceTrackerTests
{
    private static readonly ServicePort Port = Model.Port("ns/svc", "10.96.0.1");
    private static readonly ServiceKey Key = Port.Name.Service;

    [Fact]
    public void Take_EndpointInTwoSlices_CountsOnceAndTheLivingOneWins()
    {
        var tracker = new ServiceTracker();
        tracker.SetService(Key, [Port]);
        tracker.SetSlice(Slice("a", Model.Endpoint("10.0.0.1")), null);
        tracker.SetSlice(Slice("b", Model.Terminating("10.0.0.1")), null);

        var endpoint = Assert.Single(Assert.Single(tracker.Take().Model.Ports).Endpoints);

        Assert.True(endpoint.Ready);
    }

    [Fact]
    public void Take_Twice_ReportsAChangeOnce()
    {
        var tracker = new ServiceTracker();
        tracker.SetService(Key, [Port]);

        Assert.Equal([Key], tracker.Take().Changed);
        Assert.Empty(tracker.Take().Changed);
    }

    [Fact]
    public void SetSlice_SameAgain_IsNoChange()
    {
        var tracker = new ServiceTracker();
        tracker.SetSlice(Slice("a", Model.Endpoint("10.0.0.1")), null);

        Assert.False(tracker.SetSlice(Slice("a", Model.Endpoint("10.0.0.1")), null));
    }

    [Fact]
    public void ReplaceSlices_DeletionMissedByTheWatch_IsSeen()
    {
        var tracker = new ServiceTracker();
        tracker.SetService(Key, [Port]);
        tracker.SetSlice(Slice("a", Model.Endpoint("10.0.0.1")), null);
        tracker.SetSlice(Slice("b", Model.Endpoint("10.0.0.2")), null);
        tracker.Take();

        Assert.True(tracker.ReplaceSlices([(Slice("b", Model.Endpoint("10.0.0.2")), null)]));
        Assert.Equal(["10.0.0.2:8080"], tracker.Take().Model.Ports.Single().Endpoints.Select(e => e.ToString()));
    }

    [Fact]
    public void ReplaceServices_ServiceGone_LeavesTheModel()
    {
        var tracker = new ServiceTracker();
        tracker.SetService(Key, [Port]);
        tracker.Take();

        Assert.True(tracker.ReplaceServices([]));
        var change = tracker.Take();
        Assert.Equal([Key], change.Changed);
        Assert.Empty(change.Model.Services);
    }

    [Fact]
    public void SetSlice_MovedToAnotherService_LeavesTheOldOne()
    {
        var tracker = new ServiceTracker();
        tracker.SetService(Key, [Port]);
        tracker.SetSlice(Slice("a", Model.Endpoint("10.0.0.1")), null);
        tracker.Take();

        tracker.SetSlice(new SliceInfo(new ServiceKey("ns", "other"), "a", []), null);

        Assert.Empty(tracker.Take().Model.Ports.Single().Endpoints);
    }

    private static SliceInfo Slice(string name, params Endpoint[] endpoints) => new(Key, name, [new SlicePort(Port.Name, [.. endpoints])]);
}
