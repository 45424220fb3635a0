using System.Net;
using Microsoft.AspNetCore.Http;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Tests.Fakes;

namespace NodeAgent.KubeApi.Tests.Client;

public sealed class KubeClientTests
{
    private readonly CancellationToken _limit = new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;

    [Fact]
    public async Task GetAsync_OfAnObject_ReadsItAndAsksForProtobuf()
    {
        string? accept = null;
        await using var server = await FakeApiServer.StartAsync(context =>
        {
            accept = context.Request.Headers.Accept;
            return context.Response.WriteProtobufAsync(WireBodies.Object("v1", "Pod", WireBodies.Pod("web")));
        });
        using var client = server.NewClient();

        var pod = await client.GetAsync(Resources.Pods, "default", "web", _limit);

        Assert.Equal("web", pod.Metadata.Name);
        Assert.Equal("GET /api/v1/namespaces/default/pods/web", server.Requests.Single());
        Assert.StartsWith("application/vnd.kubernetes.protobuf", accept, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CreateAsync_OfAnObject_SendsTheEnvelope()
    {
        byte[] body = [];
        await using var server = await FakeApiServer.StartAsync(async context =>
        {
            using var memory = new MemoryStream();
            await context.Request.Body.CopyToAsync(memory);
            body = memory.ToArray();
            await context.Response.WriteProtobufAsync(body, 201);
        });
        using var client = server.NewClient();
        var pod = WireBodies.Pod("web");
        pod.Metadata.Labels["long"] = new string('x', 300);

        var answer = await client.CreateAsync(Resources.Pods, pod, _limit);

        Assert.Equal(pod, answer);
        var unknown = Meta.Unknown.Parser.ParseFrom(body[4..]);
        Assert.Equal("v1 Pod", $"{unknown.TypeMeta.ApiVersion} {unknown.TypeMeta.Kind}");
        Assert.Equal(pod, Pod.Parser.ParseFrom(unknown.Raw));
    }

    [Fact]
    public async Task GetAsync_After429WithRetryAfter_WaitsAndAsksAgain()
    {
        var time = new InstantTimeProvider();
        var asked = 0;
        await using var server = await FakeApiServer.StartAsync(context =>
        {
            if (asked++ < 2)
            {
                context.Response.StatusCode = 429;
                context.Response.Headers.RetryAfter = "7";
                return Task.CompletedTask;
            }

            return context.Response.WriteProtobufAsync(WireBodies.Object("v1", "Pod", WireBodies.Pod("web")));
        });
        using var client = server.NewClient(options: new KubeClientOptions("tests", Qps: -1, Timeout: TimeSpan.FromHours(1)), time: time);

        await client.GetAsync(Resources.Pods, "default", "web", _limit);

        Assert.Equal(3, asked);
        Assert.Equal([TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(7)], time.Pauses);
    }

    [Fact]
    public async Task GetAsync_When429NeverEnds_GivesUpWithWhatTheServerSaid()
    {
        await using var server = await FakeApiServer.StartAsync(async context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "1";
            await context.Response.WriteAsync("Too many requests, please try again later.");
        });
        using var client = server.NewClient(options: new KubeClientOptions("tests", Qps: -1, Timeout: TimeSpan.FromHours(1)), time: new InstantTimeProvider());

        var e = await Assert.ThrowsAsync<KubeApiException>(() => client.GetAsync(Resources.Pods, "default", "web", _limit));

        Assert.Equal(11, server.Requests.Count);
        Assert.Equal("get pods default/web: the API server answered 429 TooManyRequests: Too many requests, please try again later.", e.Message);
        Assert.Equal(TimeSpan.FromSeconds(1), e.RetryAfter);
    }

    [Theory]
    [InlineData("application/json", """{"kind":"Status","apiVersion":"v1","status":"Failure","message":"no such pod","reason":"NotFound","code":404}""", 404, "NotFound", "no such pod")]
    [InlineData("application/json", """{"not":"a status"}""", 503, "ServiceUnavailable", """{"not":"a status"}""")]
    [InlineData("application/json", "{broken", 500, "InternalError", "{broken")]
    [InlineData("text/html", "<h1>proxy</h1>", 502, "", "<h1>proxy</h1>")]
    [InlineData("text/plain", "", 403, "Forbidden", "Forbidden")]
    public async Task GetAsync_FailedInOtherForms_TellsTheReason(string contentType, string body, int code, string reason, string message)
    {
        await using var server = await FakeApiServer.StartAsync(context =>
        {
            context.Response.StatusCode = code;
            context.Response.ContentType = contentType;
            return context.Response.WriteAsync(body);
        });
        using var client = server.NewClient();

        var e = await Assert.ThrowsAsync<KubeApiException>(() => client.GetAsync(Resources.Pods, "default", "web", _limit));

        Assert.Equal((HttpStatusCode)code, e.Code);
        Assert.Equal(reason, e.Reason);
        Assert.Equal(message, e.ServerMessage);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task UpdateAsync_OnAConflictInProtobuf_IsAConflict()
    {
        await using var server = await FakeApiServer.StartAsync(context => context.Response.WriteProtobufAsync(WireBodies.Status(409, "Conflict", "it has been modified"), 409));
        using var client = server.NewClient();

        var e = await Assert.ThrowsAsync<KubeApiException>(() => client.UpdateAsync(Resources.Pods, WireBodies.Pod("web"), _limit, "status"));

        Assert.True(e.IsConflict);
        Assert.Equal("update pods/status default/web", e.Operation);
        Assert.Equal("PUT /api/v1/namespaces/default/pods/web/status", server.Requests.Single());
    }

    [Fact]
    public async Task ListAsync_OfManyObjects_ReadsEveryOne()
    {
        var pods = Enumerable.Range(0, 3000).Select(i => WireBodies.Pod($"pod-{i}")).ToArray();
        pods[5].Metadata.Annotations["large"] = new string('x', 3_000_000);
        await using var server = await FakeApiServer.StartAsync(context => context.Response.WriteProtobufAsync(WireBodies.PodList("42", "more", pods)));
        using var client = server.NewClient();

        var list = await client.ListAsync(Resources.Pods, null, new ListOptions("a=b", "spec.nodeName=n", 3000, "token", "0", "NotOlderThan"), _limit);

        Assert.Equal(pods, list.Items);
        Assert.Equal(("42", "more"), (list.ResourceVersion, list.Continue));
        Assert.Equal("GET /api/v1/pods?labelSelector=a%3Db&fieldSelector=spec.nodeName%3Dn&limit=3000&continue=token&resourceVersion=0&resourceVersionMatch=NotOlderThan", server.Requests.Single());
    }

    [Fact]
    public async Task ListAsync_OfNothing_IsEmpty()
    {
        await using var server = await FakeApiServer.StartAsync(context => context.Response.WriteProtobufAsync(WireBodies.PodList("9", null)));
        using var client = server.NewClient();

        var list = await client.ListAsync(Resources.Pods, "default", new ListOptions(), _limit);

        Assert.Empty(list.Items);
        Assert.Equal("9", list.ResourceVersion);
        Assert.Null(list.Continue);
    }

    [Fact]
    public async Task ListAsync_CutOffAtAnyByte_IsAConnectionFailure()
    {
        var whole = WireBodies.PodList("42", null, WireBodies.Pod("a"), WireBodies.Pod("b"));
        var length = 0;
        await using var server = await FakeApiServer.StartAsync(context => context.Response.WriteProtobufAsync(whole[..length]));
        using var client = server.NewClient();

        // The last four bytes are the two empty fields after the list itself.
        for (length = 0; length < whole.Length - 4; length++)
        {
            var e = await Assert.ThrowsAsync<KubeConnectionException>(() => client.ListAsync(Resources.Pods, null, new ListOptions(), _limit));
            Assert.StartsWith($"list pods at {server.Address}: ", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ListAsync_OfGarbage_IsAConnectionFailure()
    {
        await using var server = await FakeApiServer.StartAsync(context => context.Response.WriteAsync("<html>you are not logged in</html>"));
        using var client = server.NewClient();

        var e = await Assert.ThrowsAsync<KubeConnectionException>(() => client.ListAsync(Resources.Pods, null, new ListOptions(), _limit));

        Assert.Contains("<html>you are not logged in", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetAsync_WhenNothingListens_NamesTheServer()
    {
        var server = await FakeApiServer.StartAsync(_ => Task.CompletedTask);
        using var client = server.NewClient();
        await server.DisposeAsync();

        var e = await Assert.ThrowsAsync<KubeConnectionException>(() => client.GetAsync(Resources.Nodes, null, "n", _limit));

        Assert.StartsWith($"get nodes n at {server.Address}: ", e.Message, StringComparison.Ordinal);
        Assert.Contains("refused", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DeleteAsync_WithPreconditions_SendsThem()
    {
        Meta.V1.DeleteOptions? sent = null;
        await using var server = await FakeApiServer.StartAsync(async context =>
        {
            using var memory = new MemoryStream();
            await context.Request.Body.CopyToAsync(memory);
            sent = Meta.V1.DeleteOptions.Parser.ParseFrom(Meta.Unknown.Parser.ParseFrom(memory.ToArray()[4..]).Raw);
            await context.Response.WriteProtobufAsync(WireBodies.Status(200, "", ""));
        });
        using var client = server.NewClient();

        await client.DeleteAsync(Resources.Pods, "default", "web", new DeleteRequest(TimeSpan.Zero, "u", "7", "Background"), _limit);

        Assert.Equal((0L, "u", "7", "Background"), (sent!.GracePeriodSeconds, sent.Preconditions.Uid, sent.Preconditions.ResourceVersion, sent.PropagationPolicy));
        Assert.True(sent.HasGracePeriodSeconds);
    }

    [Fact]
    public async Task SendRawAsync_ToAnotherHost_IsRefused()
    {
        await using var server = await FakeApiServer.StartAsync(_ => Task.CompletedTask);
        using var client = server.NewClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://elsewhere.example/");

        await Assert.ThrowsAsync<ArgumentException>(() => client.SendRawAsync(request, _limit));
    }

    [Fact]
    public async Task Observer_OfRequests_IsToldOfEachAttempt()
    {
        var observer = new Observer();
        var codes = new Queue<int>([429, 200]);
        await using var server = await FakeApiServer.StartAsync(context =>
        {
            context.Response.Headers.RetryAfter = "0";
            return context.Response.WriteProtobufAsync(WireBodies.Object("v1", "Pod", WireBodies.Pod("web")), codes.Dequeue());
        });
        using var client = server.NewClient(options: new KubeClientOptions("tests", Qps: -1, Observer: observer));

        await client.GetAsync(Resources.Pods, "default", "web", _limit);
        await server.DisposeAsync();
        await Assert.ThrowsAsync<KubeConnectionException>(() => client.GetAsync(Resources.Pods, "default", "web", _limit));

        Assert.Equal([("GET", 429, 0), ("GET", 200, 1), ("GET", 0, 0)], observer.Seen.Select(o => (o.Method, o.Code, o.Attempt)));
        Assert.All(observer.Seen, o => Assert.Equal(server.Address.Authority, o.Host));
    }

    private sealed class Observer : IRequestObserver
    {
        public List<RequestObservation> Seen { get; } = [];

        public void OnAnswered(in RequestObservation request) => Seen.Add(request);

        public void OnRateLimited(string method, string host, TimeSpan waited)
        {
        }
    }
}
