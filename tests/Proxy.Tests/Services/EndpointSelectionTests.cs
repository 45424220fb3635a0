using NodeAgent.Proxy.Services;
using NodeAgent.Proxy.Tests.Fakes;

namespace NodeAgent.Proxy.Tests.Services;

public class EndpointSelectionTests
{
    private static readonly NodeTopology Here = new(Model.Node, "zone-a");
    private static readonly ServicePort Plain = Model.Port("ns/svc", "10.96.0.1");
    private static readonly ServicePort LocalExternal = Plain with { NodePort = 30000, ExternalPolicyLocal = true };

    [Fact]
    public void Select_SomeReady_LeavesTerminatingOut()
    {
        var selection = EndpointSelection.Select(Plain.With(Model.Endpoint("10.0.0.1"), Model.Terminating("10.0.0.2")), Here);

        Assert.Equal(["10.0.0.1:8080"], selection.Cluster.Select(e => e.ToString()));
    }

    [Fact]
    public void Select_NoneReady_UsesTerminatingThatServe()
    {
        var selection = EndpointSelection.Select(Plain.With(Model.Terminating("10.0.0.1", serving: false), Model.Terminating("10.0.0.2")), Here);

        Assert.Equal(["10.0.0.2:8080"], selection.Cluster.Select(e => e.ToString()));
        Assert.True(selection.HasAny);
    }

    [Fact]
    public void Select_LocalOnlyTerminatingRemoteReady_FallsBackForLocalAlone()
    {
        var selection = EndpointSelection.Select(LocalExternal.With(Model.Endpoint("10.0.0.1"), Model.Terminating("10.0.0.2", local: true)), Here);

        Assert.Equal(["10.0.0.1:8080"], selection.Cluster.Select(e => e.ToString()));
        Assert.Equal(["10.0.0.2:8080"], selection.Local.Select(e => e.ToString()));
        Assert.Equal(["10.0.0.1:8080", "10.0.0.2:8080"], selection.Reachable.Select(e => e.ToString()));
    }

    [Fact]
    public void Select_AllReadyHaveZoneHints_UsesThoseOfThisZone()
    {
        var selection = EndpointSelection.Select(
            Plain.With(Model.Endpoint("10.0.0.1") with { ZoneHints = ["zone-a"] }, Model.Endpoint("10.0.0.2") with { ZoneHints = ["zone-b"] }), Here);

        Assert.Equal(["10.0.0.1:8080"], selection.Cluster.Select(e => e.ToString()));
    }

    [Fact]
    public void Select_OneReadyLacksHint_IgnoresHints()
    {
        var selection = EndpointSelection.Select(
            Plain.With(Model.Endpoint("10.0.0.1") with { ZoneHints = ["zone-a"] }, Model.Endpoint("10.0.0.2")), Here);

        Assert.Equal(2, selection.Cluster.Count);
    }

    [Fact]
    public void Select_NoHintForThisZone_IgnoresHints()
    {
        var selection = EndpointSelection.Select(
            Plain.With(Model.Endpoint("10.0.0.1") with { ZoneHints = ["zone-b"] }, Model.Endpoint("10.0.0.2") with { ZoneHints = ["zone-c"] }), Here);

        Assert.Equal(2, selection.Cluster.Count);
    }

    [Fact]
    public void Select_NodeHints_GoBeforeZoneHints()
    {
        var selection = EndpointSelection.Select(
            Plain.With(
                Model.Endpoint("10.0.0.1") with { ZoneHints = ["zone-a"], NodeHints = ["node-2"] },
                Model.Endpoint("10.0.0.2") with { ZoneHints = ["zone-a"], NodeHints = [Model.Node] }),
            Here);

        Assert.Equal(["10.0.0.2:8080"], selection.Cluster.Select(e => e.ToString()));
    }

    [Fact]
    public void Select_InternalLocalWithRemoteOnly_HasAnyButNoneLocal()
    {
        var selection = EndpointSelection.Select((Plain with { InternalPolicyLocal = true }).With(Model.Endpoint("10.0.0.1")), Here);

        Assert.True(selection.HasAny);
        Assert.Empty(selection.Local);
        Assert.Empty(selection.Cluster);
    }
}
