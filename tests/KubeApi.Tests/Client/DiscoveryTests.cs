using Microsoft.AspNetCore.Http;
using NodeAgent.KubeApi.Tests.Fakes;

namespace NodeAgent.KubeApi.Tests.Client;

public sealed class DiscoveryTests
{
    private readonly CancellationToken _limit = new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;

    [Fact]
    public async Task DiscoverAsync_OnAnOldServer_AsksPerGroupVersionOnce()
    {
        await using var server = await StartAsync(new()
        {
            ["/version"] = """{"gitVersion":"v1.20.2"}""",
            ["/api"] = """{"kind":"APIVersions","versions":["v1"]}""",
            ["/api/v1"] = """{"resources":[{"name":"pods"},{"name":"pods/status"}]}""",
            ["/apis"] = """{"kind":"APIGroupList","groups":[{"versions":[{"groupVersion":"discovery.k8s.io/v1beta1"}]},{"versions":[{"groupVersion":"other.example/v1"}]}]}""",
            ["/apis/discovery.k8s.io/v1beta1"] = """{"resources":[{"name":"endpointslices"}]}""",
        });
        using var client = server.NewClient();

        var discovery = await client.DiscoverAsync(_limit);
        await client.DiscoverAsync(_limit);

        Assert.Equal(("v1.20.2", 20, false), (discovery.ServerVersion, discovery.Minor, discovery.HasWatchList));
        Assert.True(discovery.Serves(Resources.Pods));
        Assert.True(discovery.Serves(Resources.EndpointSlicesV1Beta1));
        Assert.False(discovery.Serves(Resources.EndpointSlices));
        Assert.Equal(5, server.Requests.Count);
    }

    [Fact]
    public async Task DiscoverAsync_OnANewServer_AsksThreeQuestions()
    {
        await using var server = await StartAsync(new()
        {
            ["/version"] = """{"gitVersion":"v1.36.2"}""",
            ["/api"] = """{"items":[{"metadata":{},"versions":[{"version":"v1","resources":[{"resource":"pods","subresources":[{"subresource":"status"}]}]}]}]}""",
            ["/apis"] = """{"items":[{"metadata":{"name":"apps"},"versions":[{"version":"v1","resources":[{"resource":"replicasets"}]}]}]}""",
        });
        using var client = server.NewClient();

        var discovery = await client.DiscoverAsync(_limit);

        Assert.True(discovery.HasWatchList);
        Assert.True(discovery.Serves(Resources.ReplicaSets));
        Assert.Contains(("v1", "pods/status"), discovery.Resources);
        Assert.Equal(3, server.Requests.Count);
    }

    private static Task<FakeApiServer> StartAsync(Dictionary<string, string> answers) => FakeApiServer.StartAsync(context =>
    {
        if (!answers.TryGetValue(context.Request.Path, out var answer))
        {
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        }

        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(answer);
    });
}
