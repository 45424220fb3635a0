using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Allocation;
using NodeAgent.Kubelet.Checkpoints;
using NodeAgent.Kubelet.NumaMemory;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Tests.Builders;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Tests.NumaMemory;

public sealed class MemoryManagerTests : IDisposable
{
    private const long Giga = 1024L * 1024 * 1024;
    private readonly string _folder = Directory.CreateTempSubdirectory("memory").FullName;
    private readonly MetricsRegistry _registry = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Allocate_OnTwoNodes_TakesTheFirstWithRoom_ThenTheOther_ThenNone()
    {
        var memory = Start();

        Assert.Equal("0", await GiveAsync(memory, "one", "6Gi"));
        Assert.Equal("1", await GiveAsync(memory, "two", "6Gi"));
        var refused = await Assert.ThrowsAsync<AllocationException>(() => GiveAsync(memory, "three", "6Gi"));
        Assert.Equal("Allocate failed due to [memorymanager] failed to get the default NUMA affinity, no NUMA nodes with enough memory is available, which is unexpected", refused.Verdict.Message);
        memory.Collect(new HashSet<PodUid> { new("two") });
        Assert.Equal("0", await GiveAsync(memory, "three", "6Gi"));
        var metrics = System.Text.Encoding.UTF8.GetString(_registry.Expose().Span);
        Assert.Contains("\nkubelet_memory_manager_pinning_requests_total 4\n", metrics, StringComparison.Ordinal);
        Assert.Contains("\nkubelet_memory_manager_pinning_errors_total 1\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Allocate_MoreThanANodeHas_TakesBothTogether_AndOthersToo()
    {
        var memory = Start();

        Assert.Equal("0-1", await GiveAsync(memory, "big", "12Gi"));
        Assert.Equal("0-1", await GiveAsync(memory, "small", "1Gi"));
        var refused = await Assert.ThrowsAsync<AllocationException>(() => GiveAsync(memory, "another", "1Gi", new NumaHint(NumaMask.Of([0]), true)));
        Assert.Equal("[memorymanager] failed to find the extended preferred hint", refused.Message);
    }

    [Fact]
    public async Task Allocate_WhereAllAgreed_KeepsToIt()
    {
        var memory = Start();

        Assert.Equal("1", await GiveAsync(memory, "one", "1Gi", new NumaHint(NumaMask.Of([1]), true)));
    }

    [Fact]
    public async Task Allocate_NotGuaranteed_IsAnywhere()
    {
        var memory = Start();
        var pod = new PodBuilder().Container("main", c => PodBuilder.Requests(c, "1", "1Gi")).Build();

        await memory.AllocateAsync(pod, pod.Spec.Containers[0], NumaHint.None, default);

        Assert.Equal("", (await memory.ExtrasAsync(pod, pod.Spec.Containers[0], default)).MemoryNodes);
    }

    [Fact]
    public async Task Allocate_InitContainers_LeaveTheirMemoryToThoseAfterThem()
    {
        var memory = Start();
        var pod = new PodBuilder().Init("init", Wants("6Gi")).Container("main", Wants("5Gi")).Container("other", Wants("1Gi")).Build();

        foreach (var container in pod.Spec.InitContainers.Concat(pod.Spec.Containers))
        {
            await memory.AllocateAsync(pod, container, NumaHint.None, default);
        }

        Assert.Equal("0 5 1", string.Join(' ', pod.Spec.InitContainers.Concat(pod.Spec.Containers).Select(c => memory.State.Of(pod.Uid(), c.Name)!.Value.Single().Size / Giga)));
        Assert.Equal(6 * Giga, memory.State.Nodes[0].Tables["memory"].Reserved);
        Assert.Equal(7 * Giga, memory.State.Nodes[1].Free("memory"));
    }

    [Fact]
    public async Task Hints_AreTheNodesWithRoom()
    {
        var memory = Start();
        var pod = Pod("one", "6Gi");

        Assert.Equal("0:True 1:True 0,1:False", Text(memory.Hints(pod, pod.Spec.Containers[0])["memory"]));
        await GiveAsync(memory, "two", "6Gi");
        Assert.Equal("1:True", Text(memory.Hints(pod, pod.Spec.Containers[0])["memory"]));
        Assert.Equal("1:True", Text(memory.PodHints(pod)["memory"]));
        await GiveAsync(memory, "one", "6Gi");
        Assert.Equal("1:True", Text(memory.Hints(pod, pod.Spec.Containers[0])["memory"]));
    }

    [Fact]
    public async Task Start_AfterARestart_GoesOn()
    {
        await GiveAsync(Start(), "one", "6Gi");

        var memory = Start();

        Assert.Equal(1 * Giga, memory.State.Nodes[0].Free("memory"));
        Assert.Equal("1", await GiveAsync(memory, "two", "6Gi"));
    }

    [Fact]
    public async Task Start_OnASmallerHost_SaysWhatIsWrong()
    {
        await GiveAsync(Start(), "one", "6Gi");

        Assert.Contains("the expected machine state is different from the real one", Assert.Throws<InvalidDataException>(() => Start(4 * Giga)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Checkpoint_OfUpstreams_IsRead()
    {
        const string File = """{"policyName":"static","machineState":{"0":{"numberOfAssignments":0,"memoryMap":{"memory":{"total":2048,"systemReserved":512,"allocatable":1536,"reserved":512,"free":1024}},"cells":[]}},"entries":{"pod":{"container1":[{"numaAffinity":[0],"type":"memory","size":512}]}},"checksum":4215593881}""";

        var (policy, blocks) = MemoryCheckpoint.Parse(JsonNode.Parse(File)!.AsObject());

        Assert.Equal("static", policy);
        Assert.Equal(new MemoryBlock(NumaMask.Of([0]), "memory", 512), blocks["pod"]["container1"].Single());
        Assert.Throws<InvalidDataException>(() => MemoryCheckpoint.Parse(JsonNode.Parse(File.Replace("1024", "1023", StringComparison.Ordinal))!.AsObject()));
    }

    private MemoryManager Start(long perNode = 8 * Giga)
    {
        var host = new HostTopology(
            [],
            new NumaNodes([0, 1], ImmutableSortedDictionary<int, ImmutableArray<int>>.Empty),
            ImmutableSortedDictionary<int, long>.Empty.Add(0, perNode).Add(1, perNode),
            ImmutableDictionary<(int, long), long>.Empty);
        var reserved = new Dictionary<int, Dictionary<string, long>> { [0] = new() { ["memory"] = Giga }, [1] = new() { ["memory"] = Giga } };
        var memory = new MemoryManager(MemoryState.Of(host, reserved), new CheckpointFile(Path.Combine(_folder, MemoryCheckpoint.FileName)), _registry, NullLogger<MemoryManager>.Instance);
        memory.Start();
        return memory;
    }

    private static async Task<string> GiveAsync(MemoryManager memory, string uid, string amount, NumaHint hint = default)
    {
        var pod = Pod(uid, amount);
        await memory.AllocateAsync(pod, pod.Spec.Containers[0], hint, default);
        return (await memory.ExtrasAsync(pod, pod.Spec.Containers[0], default)).MemoryNodes;
    }

    private static Pod Pod(string uid, string amount) => new PodBuilder().With(p => p.Metadata.Uid = uid).Container("main", Wants(amount)).Build();

    private static Action<Container> Wants(string amount) => c =>
    {
        PodBuilder.Requests(c, "1", amount);
        PodBuilder.Limits(c, "1", amount);
    };

    private static string Text(IReadOnlyList<NumaHint>? hints) => string.Join(' ', hints!.Select(h => $"{h.Affinity}:{h.Preferred}"));
}
