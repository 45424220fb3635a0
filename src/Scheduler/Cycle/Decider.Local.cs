using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Cycle;

/// <content>The part of a decision that is kept from pod to pod of a template.</content>
internal sealed partial class Decider
{
    /// <summary>By score plugin, how long it took to look at the nodes that had changed; counts as part of its Score in the same attempt.</summary>
    private readonly long[] _scoreTicks;

    /// <summary>Brings the template's result up to date: only nodes that changed are looked at again.</summary>
    /// <exception cref="PluginFailedException">A plugin failed; <paramref name="filters"/> has ended.</exception>
    private TemplateResult Refresh(PodInfo pod, CycleState state, ActivePlugins active, PointTimer filters, PointTimer scores)
    {
        Array.Clear(_scoreTicks);

        var result = _results.GetOrAdd(pod.Template);
        result.EnsureCapacity(_nodes.Capacity);
        var epochs = Array.ConvertAll(_local, l => l.Epoch(_nodes));
        _changed.Clear();
        if (result.Position < 0 || !epochs.AsSpan().SequenceEqual(result.Epochs) || !_nodes.Changes.TryRead(result.Position, _changed))
        {
            _changed.CopyFrom(_nodes.Present);
            result.Feasible.Clear();
        }
        else
        {
            result.Feasible.ExceptWith(_changed);
            _changed.IntersectWith(_nodes.Present);
        }

        if (!_changed.IsEmpty)
        {
            try
            {
                Examine(pod, state, active, result, filters, scores);
            }
            catch (PluginFailedException e)
            {
                filters.End(e.Status);
                throw;
            }
        }

        // Only now: a plugin that throws leaves a result that is not taken for complete.
        result.Position = _nodes.Changes.Position;
        result.Epochs = epochs;
        return result;
    }

    private void Examine(PodInfo pod, CycleState state, ActivePlugins active, TemplateResult result, PointTimer filters, PointTimer scores)
    {
        result.Position = -1;
        foreach (var slot in _changed)
        {
            result.Statuses[slot] = null;
        }

        var filter = new NodeFilter(_nodes, _changed, result.Statuses);
        Run(active.LocalFilters, pod, state, filter, filters);
        if (filter.Error is not null)
        {
            throw new PluginFailedException(filter.Error);
        }

        var count = _changed.CopyTo(RentSlots());
        var slots = _slots.AsSpan(0, count);
        Span<long> values = count <= 256 ? stackalloc long[count] : new long[count];
        for (var i = 0; i < _profile.Score.Count; i++)
        {
            var plugin = _profile.Score[i].Plugin;
            if (plugin is not INodeLocal)
            {
                continue;
            }

            var column = result.Raw[i] ??= new ScoreColumn();
            column.EnsureCapacity(_nodes.Capacity);
            var start = scores.StartPlugin();
            var status = ScoreLocal(plugin, pod, state, slots, values);
            if (!status.IsSuccess)
            {
                scores.EndPlugin(plugin, status, start);
                throw new PluginFailedException(status);
            }

            column.Set(slots, values);
            _scoreTicks[i] = scores.StartPlugin() - start;
        }

        result.Feasible.UnionWith(_changed);
    }

    private Status ScoreLocal(IScorePlugin plugin, PodInfo pod, CycleState state, ReadOnlySpan<int> slots, Span<long> values)
    {
        try
        {
            return plugin.Score(state, pod, _nodes, slots, values).WithPlugin(plugin.Name);
        }
        catch (Exception e)
        {
            return Guard.Failure(plugin, e);
        }
    }

    private int[] RentSlots()
    {
        if (_slots.Length < _nodes.Capacity)
        {
            _slots = new int[_nodes.Capacity];
        }

        return _slots;
    }
}
