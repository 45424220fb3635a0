using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Cache;

/// <inheritdoc cref="INodeTable"/>
internal sealed partial class NodeTable(ResourceRegistry resources) : INodeTable
{
    private const int FirstCapacity = 64;

    private readonly Dictionary<string, int> _slots = new(StringComparer.Ordinal);
    private readonly Stack<int> _free = [];
    private readonly Dictionary<string, int> _taintSetIds = new(StringComparer.Ordinal);
    private readonly List<TaintSet> _taintSets = [];
    private readonly Dictionary<string, ImageInfo> _images = new(StringComparer.Ordinal);
    private NodeInfo?[] _nodes = [];
    private long[][] _allocatable = [];
    private long[][] _requested = [];
    private long[][] _nonZero = [[], []];
    private int[] _taintSetOf = [];
    private int _used;

    public ChangeLog Changes { get; } = new();

    public int Capacity => _nodes.Length;

    public int Count { get; private set; }

    public NodeSet Present { get; } = new();

    public NodeSet Unschedulable { get; } = new();

    public IReadOnlyList<TaintSet> TaintSets => _taintSets;

    public ReadOnlySpan<int> TaintSetIds => _taintSetOf;

    public long ImageEpoch { get; private set; }

    public IReadOnlyList<string> Resources => resources.Names;

    public NodeInfo this[int slot] => _nodes[slot] ?? throw new ArgumentOutOfRangeException(nameof(slot), slot, "There is no node in this slot.");

    public int FindSlot(string nodeName) => _slots.TryGetValue(nodeName, out var slot) && Present.Contains(slot) ? slot : -1;

    public int FindResource(string name) => resources.Find(name);

    public ReadOnlySpan<long> Allocatable(int resource) => Column(ref _allocatable, resource);

    public ReadOnlySpan<long> Requested(int resource) => Column(ref _requested, resource);

    public ReadOnlySpan<long> NonZeroRequested(int resource) => resource <= ResourceColumns.Memory ? _nonZero[resource] : Requested(resource);

    /// <summary>Adds the node or takes over its new state.</summary>
    /// <returns>Its slot.</returns>
    public int SetNode(Node node)
    {
        var name = node.Metadata.Name;
        var slot = GetOrAddSlot(name);
        var info = _nodes[slot]!;
        if (!Present.Contains(slot))
        {
            Present.Add(slot);
            Count++;
            ImageEpoch++;
        }

        var old = info.Node;
        info.Node = node;
        SetAllocatable(slot, node);
        SetTaints(slot, node);
        SetImages(info, old, node);
        SetTopology(slot, node.Metadata.Labels);
        Changes.Add(slot);
        return slot;
    }

    /// <summary>Takes the node away; its slot stays until the last pod has left it too.</summary>
    public void RemoveNode(string name)
    {
        if (!_slots.TryGetValue(name, out var slot) || !Present.Remove(slot))
        {
            return;
        }

        var info = _nodes[slot]!;
        Count--;
        ImageEpoch++;
        SetImages(info, info.Node, new Node { Status = new() });
        info.Node = new Node { Metadata = new() { Name = name }, Spec = new(), Status = new() };
        Unschedulable.Remove(slot);
        foreach (var column in _allocatable)
        {
            column[slot] = 0;
        }

        SetTopology(slot, null);
        Changes.Add(slot);
        FreeIfEmpty(slot);
    }

    /// <summary>Counts the pod on the node, which may not be known yet.</summary>
    /// <returns>The node's slot.</returns>
    public int AddPod(PodInfo pod, string nodeName)
    {
        var slot = GetOrAddSlot(nodeName);
        AddPod(pod, slot);
        return slot;
    }

    public void AddPod(PodInfo pod, int slot)
    {
        AddForTrial(pod, slot);
        Changes.Add(slot);
    }

    /// <summary>Counts the pod on the node for a moment: nobody is told of the change, which is taken back before anything else looks.</summary>
    public void AddForTrial(PodInfo pod, int slot)
    {
        _nodes[slot]!.PodList.Add(pod);
        Account(pod, slot, 1);
    }

    /// <returns>False when the pod was not there.</returns>
    public bool RemovePod(PodInfo pod, int slot)
    {
        if (!TakeOut(pod, slot))
        {
            return false;
        }

        FreeIfEmpty(slot);
        return true;
    }

    /// <summary>Takes the pod off, and keeps the slot even if it is left empty.</summary>
    /// <returns>False when the pod was not there.</returns>
    public bool TakeOut(PodInfo pod, int slot)
    {
        if (!RemoveForTrial(pod, slot))
        {
            return false;
        }

        Changes.Add(slot);
        return true;
    }

    /// <summary>As <see cref="TakeOut"/>, for a moment, see <see cref="AddForTrial"/>.</summary>
    public bool RemoveForTrial(PodInfo pod, int slot)
    {
        var pods = _nodes[slot]!.PodList;
        var index = pods.IndexOf(pod) is >= 0 and var same ? same : pods.FindIndex(p => p.Uid == pod.Uid);
        if (index < 0)
        {
            return false;
        }

        var counted = pods[index];
        pods[index] = pods[^1];
        pods.RemoveAt(pods.Count - 1);
        Account(counted, slot, -1);
        return true;
    }

    private void Account(PodInfo pod, int slot, int by)
    {
        var template = pod.Template;
        for (var i = 0; i < template.Requests.Count; i++)
        {
            WritableColumn(ref _requested, template.Requests[i].Resource)[slot] += by * template.Requests[i].Amount;
        }

        WritableColumn(ref _requested, ResourceColumns.Pods)[slot] += by;
        _nonZero[ResourceColumns.Cpu][slot] += by * template.NonZeroCpu;
        _nonZero[ResourceColumns.Memory][slot] += by * template.NonZeroMemory;
        foreach (var port in template.HostPorts)
        {
            if (by > 0)
            {
                _nodes[slot]!.TakePort(port);
            }
            else
            {
                _nodes[slot]!.ReleasePort(port);
            }
        }

        CountPod(pod, slot, by);
    }

    private void SetAllocatable(int slot, Node node)
    {
        foreach (var column in _allocatable)
        {
            column[slot] = 0;
        }

        foreach (var (name, quantity) in node.Status?.Allocatable ?? [])
        {
            var resource = resources.GetOrAdd(name);
            WritableColumn(ref _allocatable, resource)[slot] = resource == ResourceColumns.Cpu ? quantity.MilliValue : quantity.Value;
        }
    }

    private void SetTaints(int slot, Node node)
    {
        var taints = node.Spec?.Taints ?? [];
        var key = string.Join('\n', taints.Select(t => $"{t.Key}={t.Value}:{t.Effect}"));
        if (!_taintSetIds.TryGetValue(key, out var id))
        {
            id = _taintSets.Count;
            _taintSetIds[key] = id;
            _taintSets.Add(new TaintSet(id, [.. taints]));
        }

        _taintSetOf[slot] = id;
        if (node.Spec?.Unschedulable ?? false)
        {
            Unschedulable.Add(slot);
        }
        else
        {
            Unschedulable.Remove(slot);
        }
    }

    private void SetImages(NodeInfo info, Node old, Node node)
    {
        if (old.Status is { } before && node.Status is { } after && before.Images.Equals(after.Images))
        {
            return;
        }

        ImageEpoch++;
        foreach (var (name, image) in info.ImageMap)
        {
            if (--image.NodeCount == 0)
            {
                _images.Remove(name);
            }
        }

        info.ImageMap.Clear();
        foreach (var image in node.Status?.Images ?? [])
        {
            foreach (var name in image.Names)
            {
                if (!_images.TryGetValue(name, out var state))
                {
                    // The first node's word on the size counts for all, as upstream has it.
                    state = new ImageInfo { SizeBytes = image.SizeBytes };
                    _images[name] = state;
                }

                if (info.ImageMap.TryAdd(name, state))
                {
                    state.NodeCount++;
                }
            }
        }
    }

    private int GetOrAddSlot(string name)
    {
        if (_slots.TryGetValue(name, out var slot))
        {
            return slot;
        }

        if (!_free.TryPop(out slot))
        {
            slot = _used++;
            if (slot >= Capacity)
            {
                Grow();
            }
        }

        _slots[name] = slot;
        _nodes[slot] = new NodeInfo(this, slot, name);
        return slot;
    }

    private void FreeIfEmpty(int slot)
    {
        var info = _nodes[slot]!;
        if (!Present.Contains(slot) && info.PodList.Count == 0)
        {
            _slots.Remove(info.Name);
            _nodes[slot] = null;
            _free.Push(slot);
        }
    }

    private void Grow()
    {
        var capacity = Math.Max(FirstCapacity, Capacity * 2);
        Array.Resize(ref _nodes, capacity);
        Array.Resize(ref _taintSetOf, capacity);
        foreach (var columns in (long[][][])[_allocatable, _requested, _nonZero])
        {
            for (var i = 0; i < columns.Length; i++)
            {
                Array.Resize(ref columns[i], capacity);
            }
        }

        GrowCounts(capacity);
    }

    private long[] WritableColumn(ref long[][] columns, int resource)
    {
        if (resource >= columns.Length)
        {
            var old = columns.Length;
            Array.Resize(ref columns, Math.Max(resource + 1, resources.Names.Count));
            for (var i = old; i < columns.Length; i++)
            {
                columns[i] = new long[Capacity];
            }
        }

        return columns[resource];
    }

    private ReadOnlySpan<long> Column(ref long[][] columns, int resource) => WritableColumn(ref columns, resource);
}
