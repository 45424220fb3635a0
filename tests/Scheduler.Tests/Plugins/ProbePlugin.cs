using System.Collections.Concurrent;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Tests.Plugins;

/// <summary>Takes part in every extension point, records the calls, and answers as a test says.</summary>
internal sealed class ProbePlugin(string name = "Probe") : IPreEnqueuePlugin, IPreFilterPlugin, IFilterPlugin, IPostFilterPlugin, IPreScorePlugin, IScorePlugin, IReservePlugin, IPermitPlugin, IPreBindPlugin, IBindPlugin, IPostBindPlugin
{
    private readonly ConcurrentQueue<string> _calls = new();

    public string Name => name;

    public TimeSpan Timeout => TimeSpan.FromSeconds(30);

    /// <summary>What a point answers; Success where nothing is set. It may throw.</summary>
    public Dictionary<string, Func<Status>> Answers { get; } = [];

    public TimeSpan PermitTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>PreBindAsync and BindAsync wait for it.</summary>
    public Dictionary<string, Task> Delays { get; } = [];

    /// <summary>The only node that PreFilter lets through; null for all.</summary>
    public string? OnlyNode { get; set; }

    public IReadOnlyCollection<string> Calls => _calls;

    public Status PreEnqueue(PodInfo pod) => Answer("PreEnqueue");

    public PreFilterResult PreFilter(CycleState state, PodInfo pod, INodeTable nodes)
    {
        NodeSet? only = null;
        if (OnlyNode is not null)
        {
            only = new NodeSet(nodes.Capacity);
            only.Add(nodes.FindSlot(OnlyNode));
        }

        return new PreFilterResult(Answer("PreFilter"), only);
    }

    public void Filter(CycleState state, PodInfo pod, NodeFilter nodes)
    {
        var status = Answer("Filter");
        foreach (var slot in nodes.Feasible)
        {
            if (!status.IsSuccess)
            {
                nodes.Reject(slot, status);
            }
        }
    }

    public PostFilterResult PostFilter(CycleState state, PodInfo pod, IAttempt attempt) => new(Answer("PostFilter"));

    public Status PreScore(CycleState state, PodInfo pod, INodeTable nodes, NodeSet feasible) => Answer("PreScore");

    public Status Score(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores) => Answer("Score");

    public Status Normalize(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores) => Answer("Normalize");

    public Status Reserve(CycleState state, PodInfo pod, string nodeName) => Answer("Reserve");

    public void Unreserve(CycleState state, PodInfo pod, string nodeName) => Answer("Unreserve");

    public (Status Status, TimeSpan Timeout) Permit(CycleState state, PodInfo pod, string nodeName) => (Answer("Permit"), PermitTimeout);

    public Status PreBindPreFlight(CycleState state, PodInfo pod, string nodeName) => Answer("PreBindPreFlight");

    public Task<Status> PreBindAsync(CycleState state, PodInfo pod, string nodeName, CancellationToken cancellationToken) => AnswerAsync("PreBind");

    public Task<Status> BindAsync(CycleState state, PodInfo pod, string nodeName, CancellationToken cancellationToken) => AnswerAsync("Bind");

    public void PostBind(CycleState state, PodInfo pod, string nodeName) => Answer("PostBind");

    private Status Answer(string point)
    {
        _calls.Enqueue(point);
        return Answers.TryGetValue(point, out var answer) ? answer() : Status.Success;
    }

    private async Task<Status> AnswerAsync(string point)
    {
        var status = Answer(point);
        await Delays.GetValueOrDefault(point, Task.CompletedTask);
        return status;
    }
}
