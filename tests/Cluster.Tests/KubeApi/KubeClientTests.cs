using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Authentication.V1;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.Cluster.Tests.KubeApi;

[Trait("Category", "Cluster"), Collection(ApiServerCollection.Name)]
public sealed class KubeClientTests(ApiServerFixture fixture)
{
    private readonly KubeClient _client = fixture.Client;
    private readonly CancellationToken _limit = new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    [Fact]
    public async Task Object_CreatedPatchedUpdatedAndDeleted_GoesTheWholeWay()
    {
        var created = await _client.CreateAsync(Resources.ConfigMaps, Map("whole-way"), _limit);
        Assert.NotEmpty(created.Metadata.Uid);

        var patched = await _client.PatchAsync(Resources.ConfigMaps, "default", "whole-way", PatchType.Merge, """{"data":{"patched":"ü"}}"""u8.ToArray(), _limit);
        Assert.Equal("ü", patched.Data["patched"]);

        created.Data["late"] = "yes";
        var conflict = await Assert.ThrowsAsync<KubeApiException>(() => _client.UpdateAsync(Resources.ConfigMaps, created, _limit));
        Assert.True(conflict.IsConflict);

        patched.Data["late"] = "yes";
        var updated = await _client.UpdateAsync(Resources.ConfigMaps, patched, _limit);
        Assert.Equal("ü", updated.Data["patched"]);

        var wrongUid = await Assert.ThrowsAsync<KubeApiException>(() => _client.DeleteAsync(Resources.ConfigMaps, "default", "whole-way", new DeleteRequest(Uid: "no-such"), _limit));
        Assert.True(wrongUid.IsConflict);
        await _client.DeleteAsync(Resources.ConfigMaps, "default", "whole-way", new DeleteRequest(TimeSpan.Zero, Uid: created.Metadata.Uid), _limit);
        var gone = await Assert.ThrowsAsync<KubeApiException>(() => _client.GetAsync(Resources.ConfigMaps, "default", "whole-way", _limit));
        Assert.True(gone.IsNotFound);
        Assert.StartsWith("get configmaps default/whole-way: ", gone.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CreateAsync_TheSameTwice_SaysAlreadyExists()
    {
        await _client.CreateAsync(Resources.ConfigMaps, Map("twice"), _limit);

        var second = await Assert.ThrowsAsync<KubeApiException>(() => _client.CreateAsync(Resources.ConfigMaps, Map("twice"), _limit));

        Assert.True(second.IsAlreadyExists);
        Assert.False(second.IsConflict);
    }

    [Fact]
    public async Task GetAsync_OfAnObject_KeepsFieldsThatTheSchemasDoNotName()
    {
        await _client.CreateAsync(Resources.ConfigMaps, Map("keeps"), _limit);
        var read = await _client.GetAsync(Resources.ConfigMaps, "default", "keeps", _limit);
        var cached = (await _client.ListAsync(Resources.ConfigMaps, "default", new ListOptions(FieldSelector: "metadata.name=keeps", ForCache: true), _limit)).Items.Single();
        Assert.True(read.CalculateSize() > cached.CalculateSize(), "managedFields have no schema here: only the cache may drop them");

        read.Data["more"] = "yes";
        await _client.UpdateAsync(Resources.ConfigMaps, read, _limit);

        var managers = await fixture.Plane.KubectlAsync(["get", "configmap", "keeps", "-o", "jsonpath={.metadata.managedFields[*].manager}"]);
        Assert.Contains("nodeagent-tests", managers.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ListAsync_InPages_YieldsEveryObjectOnce()
    {
        for (var i = 0; i < 7; i++)
        {
            await _client.CreateAsync(Resources.ConfigMaps, Map($"page-{i}", ("paged", "yes")), _limit);
        }

        var names = new List<string>();
        var options = new ListOptions("paged=yes", Limit: 3);
        do
        {
            var page = await _client.ListAsync(Resources.ConfigMaps, null, options, _limit);
            Assert.InRange(page.Items.Count, 1, 3);
            names.AddRange(page.Items.Select(m => m.Metadata.Name));
            options = options with { Continue = page.Continue };
        }
        while (options.Continue is not null);

        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"page-{i}"), names.Order());
    }

    [Fact]
    public async Task WatchAsync_FromAList_TellsEachChange()
    {
        var list = await _client.ListAsync(Resources.ConfigMaps, "default", new ListOptions("watched=yes"), _limit);
        await using var events = _client.WatchAsync(Resources.ConfigMaps, "default", new WatchOptions("watched=yes", ResourceVersion: list.ResourceVersion), _limit).GetAsyncEnumerator(_limit);

        await _client.CreateAsync(Resources.ConfigMaps, Map("watched", ("watched", "yes")), _limit);
        Assert.Equal((WatchEventType.Added, "watched"), await NextAsync(events));
        await _client.PatchAsync(Resources.ConfigMaps, "default", "watched", PatchType.Merge, """{"data":{"a":"b"}}"""u8.ToArray(), _limit);
        Assert.Equal((WatchEventType.Modified, "watched"), await NextAsync(events));
        await _client.DeleteAsync(Resources.ConfigMaps, "default", "watched", new DeleteRequest(), _limit);
        Assert.Equal((WatchEventType.Deleted, "watched"), await NextAsync(events));
    }

    [Fact]
    public async Task WatchAsync_Cancelled_EndsAtOnce()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_limit);
        await using var events = _client.WatchAsync(Resources.ConfigMaps, "kube-public", new WatchOptions("of=nobody", ResourceVersion: "0", AllowBookmarks: false), stop.Token).GetAsyncEnumerator(stop.Token);
        var next = NextUnnamedAsync(events);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.WaitAsync(TimeSpan.FromSeconds(2), _limit));
    }

    [Fact]
    public async Task PostSubresourceAsync_OfATokenRequest_GivesAToken()
    {
        await _client.CreateAsync(Resources.ServiceAccounts, new ServiceAccount { Metadata = new ObjectMeta { Name = "bearer", Namespace = "default" } }, _limit);
        var request = new TokenRequest { Spec = new TokenRequestSpec { ExpirationSeconds = 600 } };

        var answer = await _client.PostSubresourceAsync<ServiceAccount, TokenRequest, TokenRequest>(Resources.ServiceAccounts, "default", "bearer", "token", "authentication.k8s.io/v1", "TokenRequest", request, _limit);

        Assert.Equal(3, answer.Status.Token.Split('.').Length);
    }

    [Fact]
    public async Task PostSubresourceAsync_OfABinding_BindsThePod()
    {
        var node = new Node { Metadata = new ObjectMeta { Name = "bound-to" } };
        await _client.CreateAsync(Resources.Nodes, node, _limit);
        var pod = new Pod
        {
            Metadata = new ObjectMeta { Name = "bound", Namespace = "kube-public" },
            Spec = new PodSpec { AutomountServiceAccountToken = false, Containers = { new Container { Name = "c", Image = "none" } } },
        };
        await _client.CreateAsync(Resources.ServiceAccounts, new ServiceAccount { Metadata = new ObjectMeta { Name = "default", Namespace = "kube-public" } }, _limit);
        await _client.CreateAsync(Resources.Pods, pod, _limit);
        var binding = new Binding { Metadata = new ObjectMeta { Name = "bound", Namespace = "kube-public" }, Target = new ObjectReference { Kind = "Node", Name = "bound-to" } };

        await _client.PostSubresourceAsync<Pod, Binding, Status>(Resources.Pods, "kube-public", "bound", "binding", "v1", "Binding", binding, _limit);

        Assert.Equal("bound-to", (await _client.GetAsync(Resources.Pods, "kube-public", "bound", _limit)).Spec.NodeName);
        await _client.DeleteAsync(Resources.Pods, "kube-public", "bound", new DeleteRequest(TimeSpan.Zero), _limit);
        await _client.DeleteAsync(Resources.Nodes, null, "bound-to", new DeleteRequest(), _limit);
    }

    [Fact]
    public async Task DiscoverAsync_OnThisServer_KnowsVersionAndResources()
    {
        var discovery = await _client.DiscoverAsync(_limit);

        Assert.StartsWith("v1.", discovery.ServerVersion, StringComparison.Ordinal);
        Assert.True(discovery.Serves(Resources.Pods));
        Assert.True(discovery.Serves(Resources.Leases));
        Assert.Contains(("v1", "pods/status"), discovery.Resources);
        Assert.True(discovery.Serves(Resources.EndpointSlices) || discovery.Serves(Resources.EndpointSlicesV1Beta1));
    }

    [Fact]
    public async Task GetAsync_AsAUserWithoutRights_SaysForbidden()
    {
        using var nobody = ApiServerFixture.ClientFor(fixture.Plane.KubeconfigFor("nobody", "nobody"));

        var e = await Assert.ThrowsAsync<KubeApiException>(() => nobody.GetAsync(Resources.Nodes, null, "any", _limit));

        Assert.Equal("Forbidden", e.Reason);
        Assert.Contains("nobody", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SendRawAsync_OfReadyz_AnswersOk()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/readyz", UriKind.Relative));
        using var response = await _client.SendRawAsync(request, _limit);

        Assert.Equal("ok", await response.Content.ReadAsStringAsync(_limit));
        Assert.Equal(2, response.Version.Major);
    }

    private static ConfigMap Map(string name, params (string Key, string Value)[] labels)
    {
        var map = new ConfigMap { Metadata = new ObjectMeta { Name = name, Namespace = "default" }, Data = { ["k"] = "v" } };
        foreach (var (key, value) in labels)
        {
            map.Metadata.Labels[key] = value;
        }

        return map;
    }

    private static async Task<(WatchEventType, string)> NextAsync(IAsyncEnumerator<WatchEvent<ConfigMap>> events)
    {
        WatchEvent<ConfigMap> next;
        do
        {
            next = await NextUnnamedAsync(events);
        }
        while (next.Type == WatchEventType.Bookmark);
        return (next.Type, next.Object.Metadata.Name);
    }

    private static async Task<WatchEvent<ConfigMap>> NextUnnamedAsync(IAsyncEnumerator<WatchEvent<ConfigMap>> events) =>
        await events.MoveNextAsync() ? events.Current : throw new EndOfStreamException("the watch ended");
}
