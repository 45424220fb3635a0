using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.ImageLocality;

/// <summary>Prefers nodes that have the pod's images, the more so the larger and the wider spread they are.</summary>
internal sealed class ImageLocalityPlugin : IScorePlugin, INodeLocal
{
    private const long MinThreshold = 23L << 20;
    private const long MaxThresholdPerContainer = 1000L << 20;

    public string Name => PluginNames.ImageLocality;

    public long Epoch(INodeTable nodes) => nodes.ImageEpoch;

    public Status Score(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores)
    {
        var images = pod.Template.Images;
        for (var i = 0; i < slots.Length; i++)
        {
            var known = nodes[slots[i]].Images;
            var sum = 0L;
            if (known.Count > 0)
            {
                foreach (var name in images)
                {
                    if (known.TryGetValue(name, out var image))
                    {
                        sum += (long)(image.SizeBytes * ((double)image.NodeCount / nodes.Count));
                    }
                }
            }

            scores[i] = Scale(sum, images.Count);
        }

        return Status.Success;
    }

    private static long Scale(long sum, int containers)
    {
        var max = MaxThresholdPerContainer * containers;
        return max <= MinThreshold ? 0 : IScorePlugin.MaxScore * (Math.Clamp(sum, MinThreshold, max) - MinThreshold) / (max - MinThreshold);
    }
}
