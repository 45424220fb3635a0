using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Kubelet.Node;
using NodeAgent.Testing;
using V1Node = NodeAgent.KubeApi.Core.V1.Node;

namespace NodeAgent.Kubelet.Tests.Node;

public class OwnNodeTests
{
    private readonly InMemoryKubeClient _client = new();
    private readonly FakeTimeProvider _time = new();
    private readonly OwnNode _own;

    public OwnNodeTests() => _own = new OwnNode(_client, "n1", _time, NullLogger<OwnNode>.Instance);

    [Fact]
    public void Take_WatchLagsBehindTheOwnWriting_KeepsTheNewer()
    {
        _own.OnAdd(Revision("9", "listed"), isInInitialList: true);
        _own.Take(Revision("12", "written"));

        _own.OnUpdate(Revision("9", "listed"), Revision("11", "late"));
        Assert.Equal("written", _own.Newest!.Metadata.Labels["from"]);

        _own.OnUpdate(Revision("11", "late"), Revision("100", "watched"));
        Assert.Equal("watched", _own.Newest!.Metadata.Labels["from"]);
    }

    [Fact]
    public void Take_StoreWasRestored_TakesTheOlderRevisionAfterAWhile()
    {
        _own.Take(Revision("500", "before"));
        _own.Take(Revision("20", "restored"));
        Assert.Equal("before", _own.Newest!.Metadata.Labels["from"]);

        _time.Advance(TimeSpan.FromMinutes(2));
        _own.Take(Revision("21", "restored"));
        Assert.Equal("restored", _own.Newest!.Metadata.Labels["from"]);
    }

    [Fact]
    public void Refresh_ReadsTheNodeAndKeepsIt()
    {
        _client.Seed(KubeApi.Resources.Nodes, Revision("", "server"));

        Assert.Equal("server", _own.Refresh()!.Metadata.Labels["from"]);
        Assert.Equal("server", _own.Newest!.Metadata.Labels["from"]);
    }

    [Fact]
    public void Refresh_CannotBeRead_LeavesWhatIsKnown()
    {
        _own.Take(Revision("1", "known"));

        Assert.Null(_own.Refresh());
        Assert.Equal("known", _own.Newest!.Metadata.Labels["from"]);
    }

    private static V1Node Revision(string version, string from) => new() { Metadata = new ObjectMeta { Name = "n1", ResourceVersion = version, Labels = { ["from"] = from } } };
}
