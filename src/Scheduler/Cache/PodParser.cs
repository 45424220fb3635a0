using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Collections;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Cache;

/// <summary>
/// Makes <see cref="PodInfo"/>s. The part of the spec that scheduling looks at is written into a key of bytes first;
/// pods with an equal key share one parsed template.
/// </summary>
internal sealed class PodParser(ResourceRegistry resources)
{
    /// <summary>What is shared so far is forgotten at this size; pods keep what they have.</summary>
    private const int MaxTemplates = 20_000;

    private const int MaxLabelSets = 200_000;

    private readonly ArrayBufferWriter<byte> _key = new();
    private readonly Dictionary<byte[], PodTemplate> _templates = new(KeyComparer.Instance);
    private readonly Dictionary<byte[], LabelSet> _labels = new(KeyComparer.Instance);
    private readonly TemplateReader _reader = new(resources);
    private int _lastTemplate;
    private int _lastLabels;

    public PodInfo Parse(Pod pod)
    {
        pod.Metadata ??= new ObjectMeta();
        pod.Spec ??= new PodSpec();
        pod.Status ??= new PodStatus();
        return new PodInfo(pod, FindTemplate(pod), FindLabels(pod));
    }

    private PodTemplate FindTemplate(Pod pod)
    {
        _key.ResetWrittenCount();
        WriteTemplateKey(pod);
        var lookup = _templates.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (!lookup.TryGetValue(_key.WrittenSpan, out var template))
        {
            if (_templates.Count >= MaxTemplates)
            {
                _templates.Clear();
            }

            template = _reader.Read(pod, ++_lastTemplate);
            lookup[_key.WrittenSpan] = template;
        }

        return template;
    }

    private LabelSet FindLabels(Pod pod)
    {
        _key.ResetWrittenCount();
        Write(pod.Metadata.Namespace);
        Write(pod.Metadata.Labels);
        var lookup = _labels.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (!lookup.TryGetValue(_key.WrittenSpan, out var labels))
        {
            if (_labels.Count >= MaxLabelSets)
            {
                _labels.Clear();
            }

            labels = new LabelSet(++_lastLabels, pod.Metadata.Namespace, pod.Metadata.Labels);
            lookup[_key.WrittenSpan] = labels;
        }

        return labels;
    }

    private void WriteTemplateKey(Pod pod)
    {
        var spec = pod.Spec;
        Write(pod.Metadata.Namespace);
        Write(spec.SchedulerName);
        Write(spec.HasPriority ? spec.Priority : 0);
        Write(spec.PreemptionPolicy);
        Write(spec.NodeSelector);
        Write(spec.Affinity);
        WriteAll(spec.Tolerations);
        WriteAll(spec.TopologySpreadConstraints);
        Write(spec.Resources);
        Write(spec.Overhead.Count);
        foreach (var (name, amount) in spec.Overhead)
        {
            Write(name);
            Write(amount.String);
        }

        WriteContainers(spec.InitContainers);
        WriteContainers(spec.Containers);
        WriteResize(pod.Status);
    }

    private void WriteContainers(RepeatedField<Container> containers)
    {
        Write(containers.Count);
        foreach (var container in containers)
        {
            Write(container.Image);
            Write(container.RestartPolicy);
            Write(container.Resources);
            foreach (var port in container.Ports)
            {
                if (port.HostPort > 0)
                {
                    Write(port.HostPort);
                    Write(port.Protocol);
                    Write(port.HostIP);
                }
            }

            Write(-1);
        }
    }

    /// <summary>What the kubelet has allocated and applied counts too, where it says so.</summary>
    private void WriteResize(PodStatus status)
    {
        foreach (var statuses in (IReadOnlyList<ContainerStatus>[])[status.InitContainerStatuses, status.ContainerStatuses])
        {
            foreach (var container in statuses)
            {
                if (container.Resources is not null || container.AllocatedResources.Count > 0)
                {
                    Write(container.Name);
                    Write(container.Resources);
                    foreach (var (name, amount) in container.AllocatedResources)
                    {
                        Write(name);
                        Write(amount.String);
                    }
                }
            }
        }

        Write(status.Conditions.FirstOrDefault(c => c.Type == "PodResizePending")?.Reason ?? "");
    }

    private void Write(MapField<string, string> map)
    {
        Write(map.Count);
        foreach (var (key, value) in map)
        {
            Write(key);
            Write(value);
        }
    }

    private void WriteAll<T>(IReadOnlyList<T> messages)
        where T : IMessage
    {
        Write(messages.Count);
        foreach (var message in messages)
        {
            Write(message);
        }
    }

    private void Write(IMessage? message)
    {
        if (message is null)
        {
            Write(-1);
            return;
        }

        var size = message.CalculateSize();
        Write(size);
        message.WriteTo(_key.GetSpan(size)[..size]);
        _key.Advance(size);
    }

    private void Write(string text)
    {
        Write(text.Length);
        var span = _key.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        _key.Advance(Encoding.UTF8.GetBytes(text, span));
    }

    private void Write(int number)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(_key.GetSpan(4), number);
        _key.Advance(4);
    }

    /// <summary>Compares keys by content, stored or not.</summary>
    private sealed class KeyComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly KeyComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
