using System.Collections.Immutable;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Allocation;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Tests.Builders;
using NodeAgent.Kubelet.Topology;
using NodeAgent.Testing;

namespace NodeAgent.Kubelet.Tests.Allocation;

public sealed class PodAllocatorTests
{
    private static readonly Pod Example = new PodBuilder().Init("init").Container("one").Container("two").Build();
    private readonly FakeProvider _cpus = new("cpu");
    private readonly FakeProvider _devices = new("dev");

    [Fact]
    public async Task Admit_WithoutPolicy_AllocatesContainerAfterContainer()
    {
        Assert.Null(await Make(null).AdmitAsync(Example, Active, default));

        Assert.Equal(["init *", "one *", "two *"], _cpus.Allocated);
        Assert.Equal(["init *", "one *", "two *"], _devices.Allocated);
    }

    [Fact]
    public async Task Admit_NobodyConcerned_DoesNothing()
    {
        (_cpus.IsConcerned, _devices.IsConcerned) = (false, false);

        Assert.Null(await Make(null).AdmitAsync(Example, Active, default));
        Assert.Empty(_cpus.Allocated);
    }

    [Fact]
    public async Task Admit_ByContainer_EachIsWhereAllAgree()
    {
        _cpus.ByContainer["one"] = [Hint(0, true), Hint(1, true)];
        _devices.ByContainer["one"] = [Hint(1, true)];

        Assert.Null(await Make(TopologyScope.Container).AdmitAsync(Example, Active, default));

        Assert.Equal(["init *", "one 1", "two *"], _cpus.Allocated);
        Assert.Equal(["init *", "one 1", "two *"], _devices.Allocated);
    }

    [Fact]
    public async Task Admit_ByPod_AllAreInOnePlace()
    {
        _cpus.ByContainer[""] = [Hint(0, true), Hint(1, true)];
        _devices.ByContainer[""] = [Hint(1, true)];

        Assert.Null(await Make(TopologyScope.Pod).AdmitAsync(Example, Active, default));

        Assert.Equal(["init 1", "one 1", "two 1"], _devices.Allocated);
    }

    [Theory]
    [InlineData(TopologyScope.Container)]
    [InlineData(TopologyScope.Pod)]
    public async Task Admit_NoPlaceForAll_IsRefused(object scope)
    {
        foreach (var name in (string[])["", "one"])
        {
            _cpus.ByContainer[name] = [Hint(0, true)];
            _devices.ByContainer[name] = [Hint(1, true)];
        }

        var refused = await Make((TopologyScope)scope).AdmitAsync(Example, Active, default);

        Assert.Equal("TopologyAffinityError: Resources cannot be allocated with Topology locality", $"{refused!.Reason}: {refused.Message}");
        Assert.DoesNotContain("one", string.Join(' ', _cpus.Allocated), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Admit_AProviderRefuses_IsRefused()
    {
        _devices.Refusal = new AllocationException("there is none");

        var refused = await Make(null).AdmitAsync(Example, Active, default);

        Assert.Equal("UnexpectedAdmissionError: Allocate failed due to there is none, which is unexpected", $"{refused!.Reason}: {refused.Message}");
    }

    [Fact]
    public void Collect_BeforeAllPodsAreKnown_TakesNothingBack()
    {
        var allocator = Make(null);
        allocator.SourcesReady = () => false;
        allocator.Collect(Active);
        Assert.Equal(0, _cpus.Collections);

        allocator.SourcesReady = () => true;
        allocator.Collect(Active);
        Assert.Equal(1, _cpus.Collections);
    }

    private PodAllocator Make(TopologyScope? scope)
    {
        var policy = scope is { } s ? new TopologyPolicy(TopologyPolicyKind.SingleNumaNode, s, new NumaNodes([0, 1], ImmutableSortedDictionary<int, ImmutableArray<int>>.Empty), false) : null;
        return new PodAllocator(policy, [_cpus, _devices], [], new TopologyMetrics(new MetricsRegistry()), new FakeTimeProvider());
    }

    private static IReadOnlySet<PodUid> Active() => new HashSet<PodUid> { Example.Uid() };

    private static NumaHint Hint(int node, bool preferred) => new(NumaMask.Of([node]), preferred);

    private sealed class FakeProvider(string resource) : IResourceProvider
    {
        public bool IsConcerned { get; set; } = true;

        public Dictionary<string, NumaHint[]> ByContainer { get; } = [];

        public List<string> Allocated { get; } = [];

        public AllocationException? Refusal { get; set; }

        public int Collections { get; private set; }

        public bool Concerns(Pod pod) => IsConcerned;

        public void Collect(IReadOnlySet<PodUid> active) => Collections++;

        public IReadOnlyDictionary<string, IReadOnlyList<NumaHint>?> Hints(Pod pod, Container container) => Of(container.Name);

        public IReadOnlyDictionary<string, IReadOnlyList<NumaHint>?> PodHints(Pod pod) => Of("");

        public Task AllocateAsync(Pod pod, Container container, NumaHint hint, CancellationToken cancellationToken)
        {
            if (Refusal is not null)
            {
                throw Refusal;
            }

            Allocated.Add($"{container.Name} {hint.Affinity?.ToString() ?? "*"}");
            return Task.CompletedTask;
        }

        public Task<ContainerExtras> ExtrasAsync(Pod pod, Container container, CancellationToken cancellationToken) => Task.FromResult(ContainerExtras.Nothing);

        private Dictionary<string, IReadOnlyList<NumaHint>?> Of(string name) => ByContainer.TryGetValue(name, out var hints) ? new() { [resource] = hints } : [];
    }
}
