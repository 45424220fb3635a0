using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Cycle;

/// <content>Choosing among the nodes that are left.</content>
internal sealed partial class Decider
{
    private long[] _totals = [];
    private long[] _scores = [];

    /// <summary>Told of each plugin's normalised scores when somebody wants to know; for explanations.</summary>
    public Action<WeightedScore, ReadOnlyMemory<int>, ReadOnlyMemory<long>>? OnScores { get; set; }

    private Decision Choose(PodInfo pod, CycleState state, NodeSet feasible, TemplateResult? result)
    {
        var count = feasible.CopyTo(RentSlots());
        count = Sample(count);
        if (count == 1)
        {
            return new Decision(_nodes[_slots[0]].Name, Status.Success, null, 1);
        }

        if (_totals.Length < _nodes.Capacity)
        {
            (_totals, _scores) = (new long[_nodes.Capacity], new long[_nodes.Capacity]);
        }

        var slots = _slots.AsSpan(0, count);
        var totals = _totals.AsSpan(0, count);
        totals.Clear();
        if (ScoreAll(pod, state, feasible, result, count) is { } failure)
        {
            return Decision.Failed(failure);
        }

        if (Extenders?.Prioritize(pod, _nodes, slots, totals) is { IsSuccess: false } extenderFailure)
        {
            return Decision.Failed(extenderFailure);
        }

        var best = PickBest(totals);
        return new Decision(_nodes[slots[best]].Name, Status.Success, null, count, totals[best]);
    }

    private Status? ScoreAll(PodInfo pod, CycleState state, NodeSet feasible, TemplateResult? result, int count)
    {
        var skipped = new HashSet<string>(StringComparer.Ordinal);
        var times = AttemptTimes.Of(state);
        var preScore = times.Start("PreScore");
        foreach (var plugin in _profile.PreScore)
        {
            var status = Guard.Call(plugin, preScore, () => plugin.PreScore(state, pod, _nodes, feasible));
            if (status.IsSkip)
            {
                skipped.Add(plugin.Name);
            }
            else if (!status.IsSuccess)
            {
                return preScore.End(status);
            }
        }

        preScore.End(Status.Success);
        var timer = times.Start("Score");
        for (var i = 0; i < _profile.Score.Count; i++)
        {
            var (plugin, weight) = _profile.Score[i];
            if (skipped.Contains(plugin.Name))
            {
                continue;
            }

            var start = timer.StartPlugin() - (result is null ? 0 : _scoreTicks[i]);
            var status = ScoreOne(plugin, pod, state, result?.Raw[i], count);
            timer.EndPlugin(plugin, status, start);
            if (!status.IsSuccess)
            {
                return timer.End(status);
            }

            OnScores?.Invoke(_profile.Score[i], _slots.AsMemory(0, count), _scores.AsMemory(0, count));
            for (var n = 0; n < count; n++)
            {
                _totals[n] += _scores[n] * weight;
            }
        }

        timer.End(Status.Success);
        return null;
    }

    private Status ScoreOne(IScorePlugin plugin, PodInfo pod, CycleState state, ScoreColumn? raw, int count)
    {
        try
        {
            var slots = _slots.AsSpan(0, count);
            var scores = _scores.AsSpan(0, count);
            var status = Status.Success;
            if (raw is not null)
            {
                raw.CopyTo(slots, scores);
            }
            else
            {
                scores.Clear();
                status = plugin.Score(state, pod, _nodes, slots, scores);
            }

            status = status.IsSuccess ? plugin.Normalize(state, pod, _nodes, slots, scores) : status;
            foreach (var score in scores)
            {
                if (score is < IScorePlugin.MinScore or > IScorePlugin.MaxScore)
                {
                    return Status.Error($"plugin {plugin.Name} returned a score of {score}, which is not between {IScorePlugin.MinScore} and {IScorePlugin.MaxScore}");
                }
            }

            return status.WithPlugin(plugin.Name);
        }
        catch (Exception e)
        {
            return Guard.Failure(plugin, e);
        }
    }

    /// <summary>Where only a share of the nodes is to be scored: that many, from where the last pod's ended.</summary>
    private int Sample(int count)
    {
        var percentage = _profile.PercentageOfNodesToScore ?? 0;
        var wanted = percentage is <= 0 or >= 100 ? count : Math.Max(MinNodesToFind, _nodes.Count * percentage / 100);
        if (wanted >= count)
        {
            return count;
        }

        var slots = _slots.AsSpan(0, count);
        var first = slots.BinarySearch(_firstSlot);
        first = (first < 0 ? ~first : first) % count;
        var sample = new int[wanted];
        for (var i = 0; i < wanted; i++)
        {
            sample[i] = slots[(first + i) % count];
        }

        _firstSlot = sample[^1] + 1;
        sample.CopyTo(slots);
        return wanted;
    }

    /// <summary>Ties go to one of the best at random, or every scheduler would fill the same node first.</summary>
    private int PickBest(ReadOnlySpan<long> totals)
    {
        var best = 0;
        var ties = 1;
        for (var i = 1; i < totals.Length; i++)
        {
            if (totals[i] > totals[best])
            {
                (best, ties) = (i, 1);
            }
            else if (totals[i] == totals[best] && _random.Next(++ties) == 0)
            {
                best = i;
            }
        }

        return best;
    }
}
