using NodeAgent.Scheduler.Cache;
using NodeAgent.Scheduler.Extenders;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;
using NodeAgent.Scheduler.Queue;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>Finds the best node for a pod by the plugins of one profile. Belongs to the decision loop.</summary>
/// <remarks>
/// Node-local plugins (<see cref="INodeLocal"/>) are asked about a node once per template and change of the node; what the
/// others say, because it depends on pods elsewhere, is asked for each pod of those nodes that are left.
/// </remarks>
internal sealed partial class Decider
{
    private const int MinNodesToFind = 100;

    private static readonly StateKey<Status> TrialFailure = new("a plugin failed to take over a trial");
    private static readonly Status NothingFits = Status.Unschedulable("");

    private readonly Profile _profile;
    private readonly NodeTable _nodes;
    private readonly Nominations _nominations;
    private readonly Random _random;
    private readonly INodeLocal[] _local;
    private readonly TemplateResults _results;
    private readonly NodeSet _changed = new();
    private readonly NodeSet _one = new();
    private Status?[] _statuses = [];
    private Status?[] _oneStatuses = [];
    private int[] _slots = [];
    private int _firstSlot;

    public Decider(Profile profile, NodeTable nodes, Nominations nominations, Random random)
    {
        _profile = profile;
        _nodes = nodes;
        _nominations = nominations;
        _random = random;
        _local = [.. profile.Filter.OfType<INodeLocal>().Concat(profile.Score.Select(s => s.Plugin).OfType<INodeLocal>()).Distinct()];
        _results = new TemplateResults(profile.Score.Count);
        _scoreTicks = new long[profile.Score.Count];
    }

    /// <summary>For what comes after filtering; null where nothing does. Set once, before the first decision.</summary>
    public IExtenderChain? Extenders { get; set; }

    public Decision Decide(PodInfo pod, CycleState state)
    {
        if (_nodes.Count == 0)
        {
            return new Decision(null, Status.Unresolvable("no nodes available to schedule pods"), null, 0);
        }

        if (pod.Template.Error is { } error)
        {
            return Decision.Failed(Status.Error($"the spec of pod {pod} cannot be read: {error}"));
        }

        var diagnosis = new Diagnosis { NodeCount = _nodes.Count };
        var failure = PreFilter(pod, state, diagnosis, out var only);
        if (failure is not null)
        {
            return failure;
        }

        var active = ActivePlugins.Of(state);
        if (TryNominated(pod, state, active) is { } nominated)
        {
            return new Decision(nominated, Status.Success, null, 1);
        }

        var times = AttemptTimes.Of(state);
        var timer = times.Start("Filter");
        var result = only is null ? Refresh(pod, state, active, timer, times.Start("Score")) : null;
        var feasible = result is null ? only! : result.Feasible.Clone();
        feasible.IntersectWith(_nodes.Present);
        var filter = new NodeFilter(_nodes, feasible, RentStatuses());
        Run(only is null ? active.OtherFilters : active.Filters, pod, state, filter, timer);
        _statuses = filter.Statuses;
        if (filter.Error is not null)
        {
            return Decision.Failed(timer.End(filter.Error));
        }

        CheckNominated(pod, state, active, filter);
        timer.End(feasible.IsEmpty ? NothingFits : Status.Success);
        if (Extenders?.Filter(pod, _nodes, feasible, diagnosis) is { IsSuccess: false } extenderFailure)
        {
            return Decision.Failed(extenderFailure);
        }

        if (feasible.IsEmpty)
        {
            Explain(diagnosis, result, filter, only);
            return new Decision(null, Status.Unschedulable(diagnosis.ToString()), diagnosis, 0);
        }

        return Choose(pod, state, feasible, result);
    }

    /// <summary>Runs every filter for one node, with pods of at least this priority that are nominated to it, and without.</summary>
    public Status FilterOne(PodInfo pod, CycleState state, ActivePlugins active, int slot)
    {
        var onNode = _nominations.On(_nodes[slot].Name);
        var nominated = onNode.Count == 0 ? [] : onNode.Where(p => p.Priority >= pod.Priority && p.Uid != pod.Uid).ToList();
        if (nominated.Count > 0)
        {
            var trial = state.Clone();
            foreach (var other in nominated)
            {
                AddForTrial(trial, pod, other, slot, active);
            }

            var with = FilterAsIs(pod, trial, active, slot);
            foreach (var other in nominated)
            {
                _nodes.RemoveForTrial(other, slot);
            }

            if (!with.IsSuccess)
            {
                return with;
            }
        }

        return FilterAsIs(pod, state, active, slot);
    }

    /// <summary>Puts a pod on a node, in the table and in what PreFilter plugins have counted.</summary>
    /// <remarks>It does not throw, so that what is tried can be taken back: when a plugin fails, the node counts as refused from then on.</remarks>
    public void AddForTrial(CycleState state, PodInfo pod, PodInfo added, int slot, ActivePlugins active)
    {
        _nodes.AddForTrial(added, slot);
        Tell(state, pod, added, slot, active, isAdded: true);
    }

    /// <inheritdoc cref="AddForTrial" path="/remarks"/>
    public void RemoveForTrial(CycleState state, PodInfo pod, PodInfo removed, int slot, ActivePlugins active)
    {
        _nodes.RemoveForTrial(removed, slot);
        Tell(state, pod, removed, slot, active, isAdded: false);
    }

    private void Tell(CycleState state, PodInfo pod, PodInfo other, int slot, ActivePlugins active, bool isAdded)
    {
        foreach (var plugin in active.Updates)
        {
            Status status;
            try
            {
                status = isAdded ? plugin.AddPod(state, pod, other, _nodes[slot]) : plugin.RemovePod(state, pod, other, _nodes[slot]);
            }
            catch (Exception e)
            {
                status = Guard.Failure(plugin, e);
            }

            if (!status.IsSuccess)
            {
                state.Write(TrialFailure, status.WithPlugin(plugin.Name));
            }
        }
    }

    private Decision? PreFilter(PodInfo pod, CycleState state, Diagnosis diagnosis, out NodeSet? only)
    {
        only = null;
        var skipped = new HashSet<string>(StringComparer.Ordinal);
        var timer = AttemptTimes.Of(state).Start("PreFilter");
        var narrowedBy = new List<string>();
        foreach (var plugin in _profile.PreFilter)
        {
            var nodes = (NodeSet?)null;
            var status = Guard.Call(plugin, timer, () =>
            {
                (var answer, nodes) = plugin.PreFilter(state, pod, _nodes);
                return answer;
            });
            if (status.IsSkip)
            {
                skipped.Add(plugin.Name);
                continue;
            }

            if (status.IsRejected)
            {
                diagnosis.PreFilter ??= status;
                diagnosis.AddPlugin(status);
                if (status.Code != StatusCode.Unschedulable)
                {
                    diagnosis.PreFilter = status;
                    break;
                }
            }
            else if (!status.IsSuccess)
            {
                return Decision.Failed(timer.End(status));
            }

            if (nodes is not null)
            {
                narrowedBy.Add(plugin.Name);
                Narrow(ref only, nodes);
            }

            if (only is { IsEmpty: true })
            {
                var names = narrowedBy.Count == 1 ? $"plugin {narrowedBy[0]}" : $"plugin(s) {Join(narrowedBy)} simultaneously";
                diagnosis.PreFilter = Status.Unresolvable($"node(s) didn't satisfy {names}");
                break;
            }
        }

        timer.End(diagnosis.PreFilter ?? Status.Success);
        new ActivePlugins(_profile, skipped).AttachTo(state);
        foreach (var name in narrowedBy)
        {
            diagnosis.AddPlugin(name);
        }

        if (only is not null)
        {
            diagnosis.Others = Status.Unresolvable($"node(s) didn't satisfy plugin(s) {Join(narrowedBy)}");
        }

        return diagnosis.PreFilter is null ? null : new Decision(null, Status.Unschedulable(diagnosis.ToString()), diagnosis, 0);
    }

    private static string Join(IEnumerable<string> names) => $"[{string.Join(' ', names.Order(StringComparer.Ordinal))}]";

    private static void Narrow(ref NodeSet? only, NodeSet nodes)
    {
        if (only is null)
        {
            only = nodes;
        }
        else
        {
            only.IntersectWith(nodes);
        }
    }

    /// <summary>The node that room was made on is tried first, and taken if it fits.</summary>
    private string? TryNominated(PodInfo pod, CycleState state, ActivePlugins active)
    {
        var name = _nominations.NodeOf(pod.Uid) ?? pod.Pod.Status.NominatedNodeName;
        if (string.IsNullOrEmpty(name) || _nodes.FindSlot(name) is not (>= 0 and var slot) || !FilterOne(pod, state, active, slot).IsSuccess)
        {
            return null;
        }

        if (Extenders is null)
        {
            return name;
        }

        var alone = new NodeSet(_nodes.Capacity);
        alone.Add(slot);
        return Extenders.Filter(pod, _nodes, alone, new Diagnosis()).IsSuccess && !alone.IsEmpty ? name : null;
    }

    private Status FilterAsIs(PodInfo pod, CycleState state, ActivePlugins active, int slot)
    {
        if (state.Find(TrialFailure) is { } failure)
        {
            return failure;
        }

        if (_oneStatuses.Length < _nodes.Capacity)
        {
            _oneStatuses = new Status?[_nodes.Capacity];
        }

        _one.Clear();
        _one.Add(slot);
        _oneStatuses[slot] = null;
        var filter = new NodeFilter(_nodes, _one, _oneStatuses);
        Run(active.Filters, pod, state, filter);
        return filter.Error ?? filter.Statuses[slot] ?? Status.Success;
    }

    private void CheckNominated(PodInfo pod, CycleState state, ActivePlugins active, NodeFilter filter)
    {
        if (_nominations.IsEmpty)
        {
            return;
        }

        foreach (var name in _nominations.NodeNames)
        {
            if (_nodes.FindSlot(name) is >= 0 and var slot && filter.Feasible.Contains(slot)
                && FilterOne(pod, state, active, slot) is { IsSuccess: false } status)
            {
                filter.Reject(slot, status);
            }
        }
    }

    private static void Run(IFilterPlugin[] plugins, PodInfo pod, CycleState state, NodeFilter filter, PointTimer timer = default)
    {
        foreach (var plugin in plugins)
        {
            var start = timer.StartPlugin();
            filter.CurrentPlugin = plugin.Name;
            try
            {
                plugin.Filter(state, pod, filter);
            }
            catch (Exception e)
            {
                filter.Fail(Guard.Failure(plugin, e));
            }

            timer.EndPlugin(plugin, filter.Error ?? Status.Success, start);

            if (filter.Error is not null)
            {
                return;
            }
        }
    }

    private Status?[] RentStatuses()
    {
        if (_statuses.Length < _nodes.Capacity)
        {
            _statuses = new Status?[_nodes.Capacity];
        }

        Array.Clear(_statuses);
        return _statuses;
    }

    private void Explain(Diagnosis diagnosis, TemplateResult? result, NodeFilter filter, NodeSet? only)
    {
        foreach (var slot in _nodes.Present)
        {
            var status = filter.Statuses[slot] ?? (only is null ? result!.Statuses[slot] : null);
            if (status is not null)
            {
                diagnosis.Add(slot, status);
            }
        }
    }
}
