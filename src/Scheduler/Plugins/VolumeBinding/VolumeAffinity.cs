using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Selectors;

namespace NodeAgent.Scheduler.Plugins.VolumeBinding;

/// <summary>From which nodes a volume can be reached; parsed once per attempt.</summary>
internal sealed class VolumeAffinity
{
    private const string Hostname = "kubernetes.io/hostname";

    private readonly NodeSelectorMatcher? _required;

    public VolumeAffinity(PersistentVolume volume)
    {
        Volume = volume;
        var required = volume.Spec?.NodeAffinity?.Required;
        _required = required is null ? null : NodeSelectorMatcher.From(required);
        Hostnames = required is { NodeSelectorTerms: [{ MatchFields.Count: 0, MatchExpressions: [{ Key: Hostname, Operator: "In" } hosts] }] } ? hosts.Values : null;
    }

    public PersistentVolume Volume { get; }

    /// <summary>The only values of the hostname label that can match, where the affinity is about nothing else; null otherwise.</summary>
    public IReadOnlyList<string>? Hostnames { get; }

    public bool Matches(Node node)
    {
        try
        {
            return _required?.Matches(node.Metadata.Name, node.Metadata.Labels) ?? true;
        }
        catch (FormatException)
        {
            // A volume whose affinity makes no sense can be reached from nowhere.
            return false;
        }
    }
}
