using System.Globalization;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Informers;
using V1Node = NodeAgent.KubeApi.Core.V1.Node;

namespace NodeAgent.Kubelet.Node;

/// <summary>
/// This node as the API server has it: the newest of what the watch and the kubelet's own requests have brought. Others label,
/// taint and extend it at any time, and send pods that count on that.
/// </summary>
internal sealed partial class OwnNode(IKubeClient client, string name, TimeProvider time, ILogger<OwnNode> logger) : IInformerHandler<V1Node>
{
    /// <summary>A pod waits that long at most before it is judged by what is known.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Watch and answers overtake each other by less. What is older after that is from a store that has been restored.</summary>
    private static readonly TimeSpan LongestLag = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private volatile V1Node? _newest;
    private long _takenAt;

    /// <summary>Null before it is registered. Not to be changed.</summary>
    public V1Node? Newest => _newest;

    /// <summary>Takes over a revision, unless a newer one is known.</summary>
    /// <returns>The newest.</returns>
    public V1Node Take(V1Node node)
    {
        lock (_lock)
        {
            if (_newest is { } known && IsOlder(node, known) && time.GetElapsedTime(_takenAt) < LongestLag)
            {
                return known;
            }

            (_newest, _takenAt) = (node, time.GetTimestamp());
            return node;
        }
    }

    /// <summary>
    /// Asks the API server, for a pod that would be refused by what is known: pod and node come by different watches, and what the
    /// pod counts on may be on its way.
    /// </summary>
    /// <returns>Null when there is no answer in time.</returns>
    public V1Node? Refresh()
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            // Pods are taken in one after the other, as in upstream: this one has to be judged before the next.
            return Take(client.GetAsync(KubeApi.Resources.Nodes, null, name, limit.Token).GetAwaiter().GetResult());
        }
        catch (Exception e)
        {
            LogNotRefreshed(name, e.Message);
            return null;
        }
    }

    public void OnAdd(V1Node value, bool isInInitialList) => Take(value);

    public void OnUpdate(V1Node oldValue, V1Node newValue) => Take(newValue);

    /// <summary>Pods that are here are judged by what it was; the next status that is written finds it gone.</summary>
    public void OnDelete(V1Node value)
    {
    }

    private static bool IsOlder(V1Node node, V1Node known) =>
        ulong.TryParse(node.Metadata.ResourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
        && ulong.TryParse(known.Metadata.ResourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var newest)
        && revision < newest;

    [LoggerMessage(1, LogLevel.Warning, "Node {Node} could not be read anew before a pod is judged by what is known of it: {Error}")]
    private partial void LogNotRefreshed(string node, string error);
}
