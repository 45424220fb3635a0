using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;
using NodeAgent.Proxy.Tests.Fakes;
using NodeAgent.Testing;

namespace NodeAgent.Proxy.Tests.Sync;

public class FamilyProxierTests
{
    private static readonly ServicePort Web = Model.Port("ns/web", "10.96.0.1");
    private readonly FakeTimeProvider _time = new();
    private readonly SyncHarness _sync;

    public FamilyProxierTests()
    {
        _sync = new SyncHarness(_time);
        SetWeb("10.244.0.1");
    }

    [Fact]
    public async Task SyncAsync_First_ReadsTheKernelAndWritesWhatIsMissing()
    {
        await _sync.Proxier.SyncAsync(default);

        Assert.Equal((1, true), (_sync.Iptables.Reads, _sync.Results[0].Full));
        Assert.Equal(_sync.FreshRules(_sync.Proxier.Model), _sync.Iptables.Save());
    }

    [Fact]
    public async Task SyncAsync_AfterAChange_DoesNotReadTheKernel()
    {
        await _sync.Proxier.SyncAsync(default);
        SetWeb("10.244.0.2");

        var result = await _sync.Proxier.SyncAsync(default);

        Assert.Equal((1, false, 2, 1), (_sync.Iptables.Reads, result.Full, result.ChainsWritten, result.ChainsDeleted));
        Assert.Equal(_sync.FreshRules(_sync.Proxier.Model), _sync.Iptables.Save());
    }

    [Fact]
    public async Task SyncAsync_PartialWriteRefused_WritesFullyInTheSameSync()
    {
        await _sync.Proxier.SyncAsync(default);
        SetWeb("10.244.0.2");
        _sync.Iptables.FailRestores = 1;

        var result = await _sync.Proxier.SyncAsync(default);

        Assert.True(result is { Full: true, FellBack: true });
        Assert.Equal(1, _sync.Refused);
        Assert.Equal(_sync.FreshRules(_sync.Proxier.Model), _sync.Iptables.Save());
    }

    [Fact]
    public async Task SyncAsync_FullWriteRefusedToo_IsMadeGoodByTheNext()
    {
        await _sync.Proxier.SyncAsync(default);
        SetWeb("10.244.0.2");
        _sync.Iptables.FailRestores = 2;

        await Assert.ThrowsAsync<IptablesException>(() => _sync.Proxier.SyncAsync(default));
        var result = await _sync.Proxier.SyncAsync(default);

        Assert.True(result.Full);
        Assert.Equal(_sync.FreshRules(_sync.Proxier.Model), _sync.Iptables.Save());
    }

    [Fact]
    public async Task SyncAsync_ManyEndpoints_LosesTheirCommentsWithAFullSyncOnly()
    {
        await _sync.Proxier.SyncAsync(default);
        SetWeb([.. Enumerable.Range(0, RuleSettings.MostCommentedEndpoints + 1).Select(i => $"10.244.{i / 250}.{(i % 250) + 1}")]);

        await _sync.Proxier.SyncAsync(default);
        var partial = EndpointRules();
        _sync.Proxier.RequestFullSync();
        await _sync.Proxier.SyncAsync(default);
        var full = EndpointRules();
        SetWeb("10.244.0.1");
        await _sync.Proxier.SyncAsync(default);
        var fewAgain = EndpointRules();
        _sync.Proxier.RequestFullSync();
        await _sync.Proxier.SyncAsync(default);

        Assert.All(partial, r => Assert.Contains("--comment", r, StringComparison.Ordinal));
        Assert.All(full.Concat(fewAgain), r => Assert.DoesNotContain("--comment", r, StringComparison.Ordinal));
        Assert.All(EndpointRules(), r => Assert.Contains("--comment", r, StringComparison.Ordinal));
        Assert.Equal(_sync.FreshRules(_sync.Proxier.Model), _sync.Iptables.Save());

        IEnumerable<string> EndpointRules() => [.. _sync.Iptables.Tables["nat"].Where(c => c.Key.StartsWith("KUBE-SEP-", StringComparison.Ordinal)).SelectMany(c => c.Value)];
    }

    [Fact]
    public async Task SyncAsync_FlushedBySomebodyElse_AFullSyncWritesEverythingAgain()
    {
        await _sync.Proxier.SyncAsync(default);
        var before = _sync.Iptables.Save();
        _sync.Iptables.FlushAll();
        _sync.Proxier.RequestFullSync();

        var result = await _sync.Proxier.SyncAsync(default);

        Assert.True(result.WroteSomething);
        Assert.Equal(before, _sync.Iptables.Save());
    }

    [Fact]
    public async Task SyncAsync_SettingsChanged_ComparesEverything()
    {
        await _sync.Proxier.SyncAsync(default);
        _sync.Settings = _sync.Settings with { MasqueradeAll = true };

        var result = await _sync.Proxier.SyncAsync(default);

        Assert.True(result.Full);
        Assert.Equal(_sync.FreshRules(_sync.Proxier.Model), _sync.Iptables.Save());
    }

    [Fact]
    public async Task Explained_AfterASync_KnowsWhenTheServiceWasProgrammed()
    {
        await _sync.Proxier.SyncAsync(default);
        var first = _time.GetUtcNow();
        _time.Advance(TimeSpan.FromSeconds(10));
        await _sync.Proxier.SyncAsync(default);

        var explained = _sync.Proxier.Explained();

        Assert.Equal((first, first), (explained.Programmed(Web.Name.Service), explained.Compared));
        Assert.Null(explained.Programmed(new ServiceKey("ns", "other")));
    }

    private void SetWeb(params string[] endpoints)
    {
        _sync.Tracker.SetService(Web.Name.Service, [Web]);
        _sync.Tracker.SetSlice(new SliceInfo(Web.Name.Service, "web-1", [new SlicePort(Web.Name, endpoints.Select(e => Model.Endpoint(e)).ToValueList())]), null);
    }
}
