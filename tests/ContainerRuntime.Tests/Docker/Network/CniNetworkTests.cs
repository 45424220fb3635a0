using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.ContainerRuntime.Docker.Network;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Network;

/// <summary>With plugins that are shell scripts: they write down how they were called.</summary>
public sealed class CniNetworkTests : IDisposable
{
    private const string Record = """echo "$CNI_COMMAND $(basename $0) $CNI_CONTAINERID $CNI_NETNS $CNI_IFNAME $CNI_ARGS $(cat)" >> $(dirname $0)/calls""";
    private readonly string _folder = Directory.CreateTempSubdirectory("nodeagent-cni-").FullName;

    public CniNetworkTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "conf"));
        Plugin("one", $"{Record}; " + """echo '{"ips":[{"address":"10.9.0.2/24"}]}'""");
        Plugin("two", $"{Record}; " + """echo '{"ips":[{"address":"10.9.0.2/24"}],"two":true}'""");
        Configure("one", "two");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Add_Chain_EachGetsTheResultBeforeAndTheLastOneCounts()
    {
        var network = Create();

        var addresses = await AddAsync(network);

        Assert.Equal(["10.9.0.2"], addresses);
        Assert.Equal(["10.9.0.2"], network.Addresses("s1"));
        Assert.Equal(["10.9.0.2"], Create().Addresses("s1"));
        Assert.Equal(
            [
                """ADD one s1 /proc/7/ns/net eth0 IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web;K8S_POD_INFRA_CONTAINER_ID=s1;K8S_POD_UID=u {"type":"one","name":"net","cniVersion":"0.4.0"}""",
                """ADD two s1 /proc/7/ns/net eth0 IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web;K8S_POD_INFRA_CONTAINER_ID=s1;K8S_POD_UID=u {"type":"two","name":"net","cniVersion":"0.4.0","prevResult":{"ips":[{"address":"10.9.0.2/24"}]}}""",
            ],
            Calls());
    }

    [Fact]
    public async Task Delete_AfterTheConfigChanged_UsesTheOneItWasAddedWithInReverse()
    {
        await AddAsync(Create());
        Configure("other");
        File.Delete(Path.Combine(_folder, "calls"));
        var later = Create();

        await later.DeleteAsync("s1", "", CancellationToken.None);
        await later.DeleteAsync("s1", "", CancellationToken.None);

        Assert.Equal(["DEL two s1", "DEL one s1"], Calls().Select(c => string.Join(' ', c.Split(' ')[..3])));
        Assert.All(Calls(), c => Assert.Contains("\"prevResult\":{\"ips\":[{\"address\":\"10.9.0.2/24\"}],\"two\":true}", c, StringComparison.Ordinal));
        Assert.Null(later.Addresses("s1"));
    }

    [Fact]
    public async Task Add_PluginFails_ItsWordsAndNotReadyAndStillDeleted()
    {
        Plugin("two", """cat >/dev/null; echo '{"code":11,"msg":"no address left","details":"pool is full"}'; exit 1""");
        var network = Create();

        var error = await Assert.ThrowsAsync<RuntimeException>(() => AddAsync(network));

        Assert.Contains("two", error.Message, StringComparison.Ordinal);
        Assert.Contains("no address left; pool is full", error.Message, StringComparison.Ordinal);
        Assert.Null(network.Addresses("s1"));
        await Create().DeleteAsync("s1", "", CancellationToken.None);
        Assert.Equal("DEL one", string.Join(' ', Calls()[^1].Split(' ')[..2]));
    }

    [Fact]
    public async Task Delete_PluginFailsForAWorkingNetwork_IsTriedAgainLater()
    {
        var network = Create();
        await AddAsync(network);
        Plugin("two", "exit 3");

        await Assert.ThrowsAsync<RuntimeException>(() => network.DeleteAsync("s1", "", CancellationToken.None));

        Assert.NotNull(network.Addresses("s1"));
    }

    [Fact]
    public async Task CollectGarbage_SandboxesThatAreGone_AreDeletedOthersStay()
    {
        var network = Create();
        await AddAsync(network, "s1");
        await AddAsync(network, "s2");

        await Create().CollectGarbageAsync(new HashSet<string> { "s2" }, CancellationToken.None);

        Assert.Equal("DEL one s1", string.Join(' ', Calls()[^1].Split(' ')[..3]));
        Assert.NotNull(Create().Addresses("s2"));
    }

    [Fact]
    public async Task Check_Sandbox_AsksEachPlugin()
    {
        var network = Create();
        await AddAsync(network);

        await network.CheckAsync("s1", "/proc/7/ns/net", CancellationToken.None);

        Assert.Equal(["CHECK one", "CHECK two"], Calls().TakeLast(2).Select(c => string.Join(' ', c.Split(' ')[..2])));
        await Assert.ThrowsAsync<RuntimeException>(() => network.CheckAsync("unknown", "", CancellationToken.None));
    }

    [Fact]
    public void Current_PluginIsNotInstalled_ProblemNamesIt()
    {
        Configure("one", "missing");

        Assert.Null(Create().Current(out var problem));
        Assert.Contains("missing", problem, StringComparison.Ordinal);
    }

    private CniNetwork Create() => new(
        Path.Combine(_folder, "conf"),
        new CniPlugins([_folder], TimeSpan.FromSeconds(30), TimeProvider.System),
        new CniAttachmentStore(Path.Combine(_folder, "state")),
        NullLogger<CniNetwork>.Instance);

    private static Task<IReadOnlyList<string>> AddAsync(CniNetwork network, string id = "s1")
    {
        var pod = new PodSandboxConfig { Metadata = new PodSandboxMetadata { Name = "web", Namespace = "shop", Uid = "u" } };
        return network.AddAsync(network.Current(out _)!, id, "/proc/7/ns/net", pod, "", CancellationToken.None);
    }

    private string[] Calls() => File.ReadAllLines(Path.Combine(_folder, "calls"));

    private void Configure(params string[] types) => File.WriteAllText(
        Path.Combine(_folder, "conf", "10.conflist"),
        $$"""{"cniVersion":"0.4.0","name":"net","plugins":[{{string.Join(',', types.Select(t => $$"""{"type":"{{t}}"}"""))}}]}""");

    private void Plugin(string name, string script)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, "#!/bin/sh\n" + script + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
