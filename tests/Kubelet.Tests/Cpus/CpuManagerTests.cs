using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Allocation;
using NodeAgent.Kubelet.Checkpoints;
using NodeAgent.Kubelet.Cpus;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Tests.Builders;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Tests.Cpus;

public sealed class CpuManagerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cpus").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Allocate_GuaranteedWithWholeCpus_HasThemForItself_OthersShareTheRest()
    {
        var cpus = Start();
        var pod = Pod("one", p => p.Container("own", Wants("2")).Container("part", Wants("500m")));

        await AllocateAsync(cpus, pod);

        Assert.Equal("1,5", cpus.CpusOf(pod.Uid(), "own").ToString());
        Assert.Equal("0,2-4,6-7", cpus.CpusOf(pod.Uid(), "part").ToString());
        Assert.Equal("0,2-4,6-7", cpus.CpusOf(new PodUid("another"), "main").ToString());
        var extras = await cpus.ExtrasAsync(pod, pod.Spec.Containers[0], default);
        Assert.Equal("1,5 True", $"{extras.Cpus} {extras.NoCpuQuota}");
        Assert.False((await cpus.ExtrasAsync(pod, pod.Spec.Containers[1], default)).NoCpuQuota);
    }

    [Fact]
    public async Task Allocate_BurstableWithWholeCpus_Shares()
    {
        var cpus = Start();
        var pod = Pod("one", p => p.Container("main", c => PodBuilder.Requests(c, "2", "1Gi")));

        await AllocateAsync(cpus, pod);

        Assert.False(cpus.Concerns(pod));
        Assert.Equal("0-7", cpus.CpusOf(pod.Uid(), "main").ToString());
    }

    [Fact]
    public async Task Allocate_InitContainers_PassTheirCpusOn_SidecarsKeepTheirs()
    {
        var cpus = Start();
        var pod = Pod("one", p => p.Init("first", Wants("4")).Sidecar("beside", Wants("2")).Container("main", Wants("2")));

        await AllocateAsync(cpus, pod);

        Assert.Equal("1-2,5-6|1,5|2,6", string.Join('|', Containers(pod).Select(c => cpus.CpusOf(pod.Uid(), c.Name))));
        Assert.Equal("0,3-4,7", cpus.State.Shared.ToString());
    }

    [Fact]
    public async Task Allocate_NotEnough_IsRefused_UntilThePodsThatHaveThemAreGone()
    {
        var cpus = Start();
        await AllocateAsync(cpus, Pod("one", p => p.Container("main", Wants("6"))));
        var next = Pod("two", p => p.Container("main", Wants("2")));

        var refused = await Assert.ThrowsAsync<AllocationException>(() => AllocateAsync(cpus, next));
        Assert.Equal("UnexpectedAdmissionError: Allocate failed due to not enough cpus available to satisfy request: requested=2, available=1, which is unexpected", $"{refused.Verdict.Reason}: {refused.Verdict.Message}");
        cpus.Collect(new HashSet<PodUid> { next.Uid() });
        await AllocateAsync(cpus, next);
        Assert.Equal("1,5", cpus.CpusOf(next.Uid(), "main").ToString());
    }

    [Theory]
    [InlineData("3", "SMT Alignment Error: requested 3 cpus not multiple cpus per core = 2")]
    [InlineData("8", "SMT Alignment Error: not enough free physical CPUs: available physical CPUs = 6, requested CPUs = 8, CPUs per core = 2")]
    public async Task Allocate_OnlyWholeCores_RefusesOthers(string count, string expected)
    {
        var cpus = Start(new CpuPolicyOptions { WholeCores = true });

        var refused = await Assert.ThrowsAsync<AllocationException>(() => AllocateAsync(cpus, Pod("one", p => p.Container("main", Wants(count)))));

        Assert.Equal("SMTAlignmentError: " + expected, $"{refused.Verdict.Reason}: {refused.Verdict.Message}");
    }

    [Fact]
    public async Task Start_AfterARestart_GoesOn()
    {
        var pod = Pod("one", p => p.Container("main", Wants("2")));
        await AllocateAsync(Start(), pod);

        var cpus = Start();

        Assert.Equal("1,5 0,2-4,6-7", $"{cpus.CpusOf(pod.Uid(), "main")} {cpus.State.Shared}");
    }

    [Theory]
    [InlineData("1", "not all reserved cpus: \"1\" are present in defaultCpuSet: \"0,2-4,6-7\"")]
    [InlineData("0,4", null)]
    public async Task Start_WithOtherReservedCpus_SaysWhatIsWrong(string reserved, string? expected)
    {
        await AllocateAsync(Start(), Pod("one", p => p.Container("main", Wants("2"))));

        var problem = Record.Exception(() => Start(reserved: reserved));

        Assert.Equal(expected is null, problem is null);
        Assert.Contains(expected ?? "", problem?.Message ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_OnAHostWithOtherCpus_SaysWhatIsWrong()
    {
        await AllocateAsync(Start(), Pod("one", p => p.Container("main", Wants("2"))));

        var problem = Assert.Throws<InvalidDataException>(() => Start(host: Layouts.Dual));

        Assert.Contains("current set of available CPUs \"0-11\" doesn't match with CPUs in state \"0-7\"", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Allocate_StrictReservation_NobodyRunsOnReservedCpus()
    {
        var cpus = Start(new CpuPolicyOptions { StrictReservation = true });
        await AllocateAsync(cpus, Pod("one", p => p.Container("main", Wants("2"))));

        Assert.Equal("2-4,6-7", cpus.State.Shared.ToString());
        Assert.Equal("2-4,6-7", Start(new CpuPolicyOptions { StrictReservation = true }).State.Shared.ToString());
    }

    [Fact]
    public async Task Hints_OnTwoNodes_AreThoseWithEnough_AndTheChoiceKeepsToThem()
    {
        var cpus = Start(host: Layouts.Dual);
        var pod = Pod("one", p => p.Container("main", Wants("4")).Container("more", Wants("2")));

        Assert.Equal("0:True 1:True 0,1:False", Text(cpus.Hints(pod, pod.Spec.Containers[0])["cpu"]));
        Assert.Equal("1:True 0,1:False", Text(cpus.PodHints(pod)["cpu"]));
        await cpus.AllocateAsync(pod, pod.Spec.Containers[0], new NumaHint(NumaMask.Of([1]), true), default);
        Assert.Equal("1,3,7,9", cpus.CpusOf(pod.Uid(), "main").ToString());
        Assert.Equal("1:True 0,1:False", Text(cpus.Hints(pod, pod.Spec.Containers[0])["cpu"]));
        var sharing = Pod("two", p => p.Container("shared", Wants("100m")));
        Assert.Empty(cpus.Hints(sharing, sharing.Spec.Containers[0]));
    }

    private CpuManager Start(CpuPolicyOptions? options = null, CpuLayout? host = null, string reserved = "0")
    {
        var cpus = new CpuManager(host ?? Layouts.Small, CpuSet.Parse(reserved), options ?? new CpuPolicyOptions(), new CheckpointFile(Path.Combine(_folder, CpuCheckpoint.FileName)), new CpuMetrics(new MetricsRegistry()), NullLogger<CpuManager>.Instance);
        cpus.Start();
        return cpus;
    }

    private static async Task AllocateAsync(CpuManager cpus, Pod pod)
    {
        foreach (var container in Containers(pod))
        {
            await cpus.AllocateAsync(pod, container, NumaHint.None, default);
        }
    }

    private static IEnumerable<Container> Containers(Pod pod) => pod.Spec.InitContainers.Concat(pod.Spec.Containers);

    private static Pod Pod(string uid, Func<PodBuilder, PodBuilder> build) => build(new PodBuilder().With(p => p.Metadata.Uid = uid)).Build();

    private static Action<Container> Wants(string cpu) => c =>
    {
        PodBuilder.Requests(c, cpu, "1Gi");
        PodBuilder.Limits(c, cpu, "1Gi");
    };

    private static string Text(IReadOnlyList<NumaHint>? hints) => string.Join(' ', hints!.Select(h => $"{h.Affinity}:{h.Preferred}"));
}
