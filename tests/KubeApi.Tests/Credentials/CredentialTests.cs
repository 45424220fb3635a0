using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Credentials;
using NodeAgent.KubeApi.Tests.Fakes;
using NodeAgent.Testing;

namespace NodeAgent.KubeApi.Tests.Credentials;

public sealed class CredentialTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nodeagent-credentials-").FullName;
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly CancellationToken _limit = new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;
    private readonly List<string?> _seen = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task TokenFile_Rotated_IsReadAgain()
    {
        await using var server = await StartAsync(_ => true);
        var file = Write("token", "first\n");
        using var client = server.NewClient(new ClientConfig(server.Address) { TokenFile = file }, time: _time);

        await GetAsync(client);
        Write("token", "second");
        await GetAsync(client);
        _time.Advance(TimeSpan.FromSeconds(11));
        await GetAsync(client);
        File.Delete(file);
        _time.Advance(TimeSpan.FromSeconds(11));
        await GetAsync(client);

        Assert.Equal(["Bearer first", "Bearer first", "Bearer second", "Bearer second"], _seen);
    }

    [Fact]
    public async Task TokenFile_OnUnauthorized_IsReadAgainAtOnce()
    {
        await using var server = await StartAsync(header => header == "Bearer second");
        using var client = server.NewClient(new ClientConfig(server.Address) { TokenFile = Write("token", "first") }, time: _time);
        await Assert.ThrowsAsync<KubeApiException>(() => GetAsync(client));
        _seen.Clear();

        Write("token", "second");
        await GetAsync(client);

        Assert.Equal("Bearer second", _seen[^1]);
    }

    [Fact]
    public async Task Basic_OfNameAndPassword_IsSent()
    {
        await using var server = await StartAsync(_ => true);
        using var client = server.NewClient(new ClientConfig(server.Address) { Username = "me", Password = "pass" });

        await GetAsync(client);

        Assert.Equal("Basic bWU6cGFzcw==", _seen.Single());
    }

    [Fact]
    public async Task Exec_OfARealScript_IsRunOnceUntilItExpires()
    {
        await using var server = await StartAsync(_ => true);
        var expires = _time.GetUtcNow().AddMinutes(5).ToString("O");
        var script = Script($$"""
            echo "$KUBERNETES_EXEC_INFO $EXTRA $1" > {{_folder}}/info
            echo run >> {{_folder}}/runs
            echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"issued","expirationTimestamp":"{{expires}}"} }'
            """);
        using var client = server.NewClient(ConfigOf(server, script, """{"server":"https://s"}"""), time: _time);

        await Task.WhenAll(GetAsync(client), GetAsync(client));
        Assert.Single(File.ReadAllLines(Path.Combine(_folder, "runs")));
        _time.Advance(TimeSpan.FromMinutes(6));
        await GetAsync(client);

        Assert.Equal(2, File.ReadAllLines(Path.Combine(_folder, "runs")).Length);
        Assert.All(_seen, header => Assert.Equal("Bearer issued", header));
        Assert.Equal(
            """{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false,"cluster":{"server":"https://s"}}} value argument""",
            File.ReadAllText(Path.Combine(_folder, "info")).Trim());
    }

    [Theory]
    [InlineData("echo oh no >&2; exit 3", "it ended with code 3: oh no")]
    [InlineData("echo not json", "is no ExecCredential")]
    [InlineData("echo '{\"apiVersion\":\"client.authentication.k8s.io/v1beta1\",\"kind\":\"ExecCredential\",\"status\":{}}'", "and not client.authentication.k8s.io/v1 ExecCredential")]
    [InlineData("echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{}}'", "neither a token nor a client certificate")]
    [InlineData("echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"clientKeyData\":\"x\"}}'", "without the other")]
    public async Task Exec_Failing_SaysWhy(string body, string problem)
    {
        await using var server = await StartAsync(_ => true);
        var script = Script(body);
        using var client = server.NewClient(ConfigOf(server, script, null), time: _time);

        var e = await Assert.ThrowsAsync<KubeConnectionException>(() => GetAsync(client));

        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
        Assert.Contains(script, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_NotInstalled_ShowsTheHint()
    {
        await using var server = await StartAsync(_ => true);
        using var client = server.NewClient(ConfigOf(server, "/no/such/plugin", null));

        var e = await Assert.ThrowsAsync<KubeConnectionException>(() => GetAsync(client));

        Assert.EndsWith("Install it first.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Impersonation_OfAUser_IsSent()
    {
        var headers = new List<string?>();
        await using var server = await FakeApiServer.StartAsync(context =>
        {
            headers.AddRange(context.Request.Headers["Impersonate-User"]);
            headers.AddRange(context.Request.Headers["Impersonate-Group"].SelectMany(v => v!.Split(", ")));
            headers.AddRange(context.Request.Headers["Impersonate-Extra-a%2Fb"]);
            return context.Response.WriteProtobufAsync(WireBodies.Object("v1", "Pod", WireBodies.Pod("web")));
        });
        var config = new ClientConfig(server.Address) { Impersonate = new Impersonation("me", null, ["g", "h"], new Dictionary<string, IReadOnlyList<string>> { ["a/b"] = ["x"] }) };
        using var client = server.NewClient(config);

        await GetAsync(client);

        Assert.Equal(["me", "g", "h", "x"], headers);
    }

    private Task GetAsync(KubeClient client) => client.GetAsync(Resources.Pods, "default", "web", _limit);

    private Task<FakeApiServer> StartAsync(Func<string?, bool> isKnown) => FakeApiServer.StartAsync(context =>
    {
        string? header = context.Request.Headers.Authorization;
        lock (_seen)
        {
            _seen.Add(header);
        }

        return isKnown(header)
            ? context.Response.WriteProtobufAsync(WireBodies.Object("v1", "Pod", WireBodies.Pod("web")))
            : context.Response.WriteProtobufAsync(WireBodies.Status(401, "Unauthorized", "Unauthorized"), 401);
    });

    private static ClientConfig ConfigOf(FakeApiServer server, string command, string? cluster) => new(server.Address)
    {
        Exec = new ExecConfig("client.authentication.k8s.io/v1", command, ["argument"], [KeyValuePair.Create("EXTRA", "value")], "Install it first.", cluster is not null, "IfAvailable", cluster),
    };

    private string Script(string body)
    {
        var path = Write($"plugin-{Guid.NewGuid():N}", $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
