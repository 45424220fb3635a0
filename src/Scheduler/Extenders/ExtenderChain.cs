using Microsoft.Extensions.Logging;
using NodeAgent.Scheduler.Config;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;
using NodeAgent.Scheduler.Plugins.DefaultPreemption;

namespace NodeAgent.Scheduler.Extenders;

/// <inheritdoc cref="IExtenderChain"/>
internal sealed partial class ExtenderChain(IReadOnlyList<HttpExtender> extenders, ILogger logger) : IExtenderChain
{
    /// <summary>In the place of a plugin's name; no plugin of the name says which events help, so every one does.</summary>
    public const string Name = "Extender";

    /// <summary>Extenders score from 0 to 10.</summary>
    private const long ScoreFactor = IScorePlugin.MaxScore / 10;

    /// <returns>Null when there are none.</returns>
    /// <exception cref="Hosting.Config.ConfigException">A certificate cannot be used.</exception>
    public static ExtenderChain? Create(IReadOnlyList<ExtenderConfiguration> configs, ILoggerFactory loggers) =>
        configs.Count == 0 ? null : new ExtenderChain([.. configs.Select((c, i) => new HttpExtender(c, ExtenderTransport.Create(c, i)))], loggers.CreateLogger<ExtenderChain>());

    public Status Filter(PodInfo pod, INodeTable nodes, NodeSet feasible, Diagnosis diagnosis)
    {
        foreach (var extender in extenders.Where(e => e.Filters && e.IsInterestedIn(pod.Pod)))
        {
            if (feasible.IsEmpty)
            {
                break;
            }

            FilterAnswer answer;
            try
            {
                answer = extender.Filter(pod, nodes, feasible);
            }
            catch (ExtenderException e) when (extender.IsIgnorable)
            {
                LogIgnored(e, extender.Name, pod);
                continue;
            }
            catch (ExtenderException e)
            {
                return Status.Error(e).WithPlugin(Name);
            }

            Take(answer, nodes, feasible, diagnosis);
        }

        return Status.Success;
    }

    public Status Prioritize(PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> totals)
    {
        foreach (var extender in extenders.Where(e => e.Prioritizes && e.IsInterestedIn(pod.Pod)))
        {
            try
            {
                var scores = extender.Prioritize(pod, nodes, slots.ToArray());
                for (var i = 0; i < slots.Length; i++)
                {
                    totals[i] += scores.GetValueOrDefault(nodes[slots[i]].Name) * extender.Weight * ScoreFactor;
                }
            }
            catch (ExtenderException e)
            {
                LogIgnored(e, extender.Name, pod);
            }
        }

        return Status.Success;
    }

    public Status Preempt(PodInfo pod, INodeTable nodes, ref IReadOnlyList<Candidate> candidates)
    {
        foreach (var extender in extenders.Where(e => e.Preempts && e.IsInterestedIn(pod.Pod)))
        {
            if (candidates.Count == 0)
            {
                break;
            }

            try
            {
                candidates = extender.Preempt(pod, nodes, candidates);
            }
            catch (ExtenderException e) when (extender.IsIgnorable)
            {
                LogIgnored(e, extender.Name, pod);
            }
            catch (ExtenderException e)
            {
                return Status.Error(e).WithPlugin(Name);
            }
        }

        return Status.Success;
    }

    public Task<Status>? BindAsync(PodInfo pod, string nodeName, CancellationToken cancellationToken) =>
        extenders.FirstOrDefault(e => e.Binds && e.IsInterestedIn(pod.Pod)) is { } binder ? BindAsync(binder, pod, nodeName, cancellationToken) : null;

    private static async Task<Status> BindAsync(HttpExtender binder, PodInfo pod, string nodeName, CancellationToken cancellationToken)
    {
        try
        {
            await binder.BindAsync(pod, nodeName, cancellationToken);
            return Status.Success;
        }
        catch (ExtenderException e)
        {
            return Status.Error(e).WithPlugin(Name);
        }
    }

    private static void Take(FilterAnswer answer, INodeTable nodes, NodeSet feasible, Diagnosis diagnosis)
    {
        var passed = new NodeSet(nodes.Capacity);
        foreach (var name in answer.Nodes)
        {
            passed.Add(nodes.FindSlot(name));
        }

        if (feasible.Count != passed.Count)
        {
            diagnosis.AddPlugin(Name);
        }

        foreach (var (name, reason) in answer.Failed.Where(f => !answer.Unresolvable.ContainsKey(f.Key)))
        {
            Add(name, Status.Unschedulable(reason));
        }

        foreach (var (name, reason) in answer.Unresolvable)
        {
            Add(name, Status.Unresolvable(reason));
        }

        feasible.IntersectWith(passed);

        void Add(string name, Status status)
        {
            if (nodes.FindSlot(name) is >= 0 and var slot)
            {
                diagnosis.Add(slot, status.WithPlugin(Name));
            }
        }
    }

    [LoggerMessage(EventId = 4300, Level = LogLevel.Warning, Message = "Extender {Extender} failed for pod {Pod} and is left out, as it may be")]
    private partial void LogIgnored(Exception exception, string extender, PodInfo pod);
}
