using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Config;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Extenders;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Plugins.DefaultPreemption;

namespace NodeAgent.Scheduler.Tests.Extenders;

public sealed class ExtenderChainTests
{
    private readonly TestCluster _cluster = new TestCluster().With(Make.Node("a"), Make.Node("b"), Make.Node("c"));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Filter_NamesOrNodes_LeavesWhatTheExtenderLetsThrough(bool namesOnly)
    {
        await using var extender = await TestExtender.StartAsync((_, body) => namesOnly
            ? new JsonObject { ["nodenames"] = new JsonArray("b"), ["failedNodes"] = new JsonObject { ["a"] = "no licence" } }
            : new JsonObject { ["Nodes"] = new JsonObject { ["items"] = new JsonArray(body["Nodes"]!["items"]![1]!.DeepClone()) }, ["FailedAndUnresolvableNodes"] = new JsonObject { ["a"] = "no licence" }, ["FailedNodes"] = new JsonObject { ["a"] = "not this one" } });

        var decision = Decide(Make.Pod("p"), Config(extender) with { NodeCacheCapable = namesOnly });

        Assert.Equal("b", decision.NodeName);
        var body = Assert.Single(extender.Requests).Body;
        Assert.Equal("p", (string?)body["Pod"]!["metadata"]!["name"]);
        Assert.Equal(namesOnly, body["Nodes"] is null);
        Assert.Equal(namesOnly ? ["a", "b", "c"] : null, body["NodeNames"]?.AsArray().Select(n => (string)n!));
    }

    [Fact]
    public async Task Filter_NothingIsLeft_SaysTheExtendersReasons()
    {
        await using var extender = await TestExtender.StartAsync((_, _) => new JsonObject
        {
            ["NodeNames"] = new JsonArray(),
            ["FailedNodes"] = new JsonObject { ["a"] = "no licence", ["b"] = "no licence" },
            ["FailedAndUnresolvableNodes"] = new JsonObject { ["c"] = "never" },
        });

        var decision = Decide(Make.Pod("p"), Config(extender) with { NodeCacheCapable = true });

        Assert.Equal("0/3 nodes are available: 1 never, 2 no licence.", decision.Failure.Message);
        Assert.Equal(StatusCode.UnschedulableAndUnresolvable, decision.Diagnosis!.StatusOf(_cluster.Cache.Nodes.FindSlot("c"))!.Code);
        Assert.Contains(ExtenderChain.Name, decision.Diagnosis.RejectedBy);
    }

    [Theory]
    [InlineData(false, "failed filter with extender at URL")]
    [InlineData(true, "")]
    public async Task Filter_Fails_CostsTheAttemptUnlessIgnorable(bool ignorable, string error)
    {
        await using var extender = await TestExtender.StartAsync((_, _) => null);

        var decision = Decide(Make.Pod("p"), Config(extender) with { Ignorable = ignorable });

        Assert.Equal(ignorable ? StatusCode.Success : StatusCode.Error, decision.Failure.Code);
        Assert.Contains(error, decision.Failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"Error": "out of licences"}""", "out of licences")]
    [InlineData("""{"NodeNames": ["x"]}""", "claims a filtered node \"x\" which is not found")]
    [InlineData("""{"NodeNames": [7]}""", "failed filter")]
    [InlineData("\"nonsense", "failed filter")]
    public async Task Filter_AnswerMakesNoSense_IsAnError(string answer, string expected)
    {
        await using var extender = await TestExtender.StartAsync((_, _) => answer.StartsWith('{') ? JsonNode.Parse(answer) : null);

        Assert.Contains(expected, Decide(Make.Pod("p"), Config(extender) with { NodeCacheCapable = true }).Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Filter_NoAnswerInTime_IsAnError()
    {
        var never = new TaskCompletionSource();
        await using var extender = await TestExtender.StartAsync(async (_, _) =>
        {
            await never.Task;
            return null;
        });

        var decision = Decide(Make.Pod("p"), Config(extender) with { HttpTimeout = TimeSpan.FromMilliseconds(50) });

        Assert.Contains("no answer within 0.05 s", decision.Failure.Message, StringComparison.Ordinal);
        never.SetResult();
    }

    [Theory]
    [InlineData(false, "", 0)]
    [InlineData(true, "1", 1)]
    public async Task Filter_ManagedResources_OnlyPodsThatNameOne(bool names, string amount, int requests)
    {
        await using var extender = await TestExtender.StartAsync((_, _) => new JsonObject { ["NodeNames"] = new JsonArray("a") });
        _cluster.With(Make.Node("a").Offering("example.com/gpu", "1"));
        var config = Config(extender) with { NodeCacheCapable = true, ManagedResources = [new ManagedResource { Name = "example.com/gpu" }] };

        Decide(names ? Make.Pod("p").Asking("example.com/gpu", amount) : Make.Pod("p"), config);

        Assert.Equal(requests, extender.Requests.Count);
    }

    [Fact]
    public async Task Prioritize_Scores_AreWeighedAndScaled()
    {
        await using var extender = await TestExtender.StartAsync((verb, _) => verb == "prioritize"
            ? new JsonArray(new JsonObject { ["Host"] = "a", ["Score"] = 1 }, new JsonObject { ["Host"] = "c", ["Score"] = 10 })
            : null);
        using var client = new HttpClient();
        var chain = new ExtenderChain([new HttpExtender(new() { UrlPrefix = extender.Url, PrioritizeVerb = "prioritize", Weight = 5 }, client)], NullLogger.Instance);
        var nodes = _cluster.Cache.Nodes;
        int[] slots = [nodes.FindSlot("a"), nodes.FindSlot("b"), nodes.FindSlot("c")];
        long[] totals = [100, 100, 100];

        Assert.True(chain.Prioritize(_cluster.Parse(Make.Pod("p")), nodes, slots, totals).IsSuccess);

        Assert.Equal([150, 100, 600], totals);
    }

    [Fact]
    public async Task Prioritize_Fails_IsIgnored()
    {
        await using var extender = await TestExtender.StartAsync((_, _) => null);

        var decision = Decide(Make.Pod("p"), new ExtenderConfiguration { UrlPrefix = extender.Url, PrioritizeVerb = "prioritize", Weight = 1 });

        Assert.NotNull(decision.NodeName);
        Assert.Single(extender.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Preempt_Answer_ReplacesCandidatesAndVictims(bool namesOnly)
    {
        var (one, two) = (Make.Pod("one", node: "a"), Make.Pod("two", node: "a"));
        _cluster.With(one, two);
        await using var extender = await TestExtender.StartAsync((_, _) => new JsonObject
        {
            ["NodeNameToMetaVictims"] = new JsonObject { ["a"] = new JsonObject { ["Pods"] = new JsonArray(new JsonObject { ["UID"] = two.Metadata.Uid }), ["NumPDBViolations"] = 1 } },
        });
        var nodes = _cluster.Cache.Nodes;
        IReadOnlyList<Candidate> candidates = [new(nodes.FindSlot("a"), [.. nodes[nodes.FindSlot("a")].Pods], 0), new(nodes.FindSlot("b"), [], 0)];

        var status = Chain(new() { UrlPrefix = extender.Url, PreemptVerb = "preempt", NodeCacheCapable = namesOnly }).Preempt(_cluster.Parse(Make.Pod("p")), nodes, ref candidates);

        Assert.True(status.IsSuccess);
        var left = Assert.Single(candidates);
        Assert.Equal(("two", 1), (Assert.Single(left.Victims).Name, left.Violations));
        var body = Assert.Single(extender.Requests).Body;
        Assert.Equal(namesOnly, body["NodeNameToVictims"] is null);
        Assert.Equal(namesOnly ? one.Metadata.Uid : null, (string?)body["NodeNameToMetaVictims"]?["a"]!["Pods"]![0]!["UID"]);
        Assert.Equal(namesOnly ? null : "one", (string?)body["NodeNameToVictims"]?["a"]!["Pods"]![0]!["metadata"]!["name"]);
    }

    [Fact]
    public async Task Preempt_UnknownVictim_IsAnError()
    {
        await using var extender = await TestExtender.StartAsync((_, _) => JsonNode.Parse("""{"NodeNameToMetaVictims": {"a": {"Pods": [{"UID": "nobody"}]}}}"""));
        IReadOnlyList<Candidate> candidates = [new(_cluster.Cache.Nodes.FindSlot("a"), [], 0)];

        var status = Chain(new() { UrlPrefix = extender.Url, PreemptVerb = "preempt" }).Preempt(_cluster.Parse(Make.Pod("p")), _cluster.Cache.Nodes, ref candidates);

        Assert.Equal(StatusCode.Error, status.Code);
        Assert.Contains("(UID: nobody)", status.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"Error": ""}""", StatusCode.Success)]
    [InlineData("""{"Error": "gone"}""", StatusCode.Error)]
    public async Task BindAsync_Answer_DecidesTheAttempt(string answer, StatusCode expected)
    {
        await using var extender = await TestExtender.StartAsync((_, _) => JsonNode.Parse(answer));
        var pod = _cluster.Parse(Make.Pod("p"));

        var status = await Chain(new() { UrlPrefix = extender.Url, BindVerb = "bind" }).BindAsync(pod, "a", CancellationToken.None)!;

        Assert.Equal(expected, status.Code);
        var body = Assert.Single(extender.Requests).Body;
        Assert.Equal(("p", "default", pod.Uid, "a"), ((string)body["PodName"]!, (string)body["PodNamespace"]!, (string)body["PodUID"]!, (string)body["Node"]!));
    }

    [Fact]
    public void BindAsync_NotABinder_LeavesItToPlugins() =>
        Assert.Null(Chain(new() { UrlPrefix = "http://127.0.0.1:1", FilterVerb = "filter" }).BindAsync(_cluster.Parse(Make.Pod("p")), "a", CancellationToken.None));

    [Theory]
    [InlineData("authority", true)]
    [InlineData("another authority", false)]
    [InlineData("insecure", true)]
    [InlineData("https without authority", true)]
    [InlineData("wrong name", false)]
    [InlineData("no client certificate", false)]
    public async Task Transport_Tls_TrustsAsConfigured(string how, bool isTrusted)
    {
        using var certificate = Certificate("localhost");
        using var other = Certificate("localhost");
        await using var extender = await TestExtender.StartAsync((_, _) => Task.FromResult<JsonNode?>(new JsonObject { ["NodeNames"] = new JsonArray("a") }), certificate, wantsClient: how is "authority" or "no client certificate");
        static string Pem(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        var trust = new ExtenderTlsConfiguration { CaData = Pem(certificate.ExportCertificatePem()), ServerName = "localhost" };
        var tls = how switch
        {
            "authority" => trust with { CertData = Pem(other.ExportCertificatePem()), KeyData = Pem(other.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem()) },
            "another authority" => trust with { CaData = Pem(other.ExportCertificatePem()) },
            "insecure" => new ExtenderTlsConfiguration { Insecure = true },
            "wrong name" => trust with { ServerName = "elsewhere" },
            "no client certificate" => trust,
            _ => null,
        };

        var decision = Decide(Make.Pod("p"), Config(extender) with { NodeCacheCapable = true, EnableHttps = true, TlsConfig = tls });

        Assert.Equal(isTrusted ? "a" : null, decision.NodeName);
        Assert.Equal(isTrusted ? StatusCode.Success : StatusCode.Error, decision.Failure.Code);
    }

    private static ExtenderConfiguration Config(TestExtender extender) => new() { UrlPrefix = extender.Url, FilterVerb = "filter" };

    private static ExtenderChain Chain(ExtenderConfiguration config) => ExtenderChain.Create([config], NullLoggerFactory.Instance)!;

    private static X509Certificate2 Certificate(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private Decision Decide(Pod pod, ExtenderConfiguration config) =>
        new Decider(TestCluster.DefaultProfile(), _cluster.Cache.Nodes, _cluster.Nominations, new Random(1)) { Extenders = Chain(config) }.Decide(_cluster.Parse(pod), new CycleState());
}
