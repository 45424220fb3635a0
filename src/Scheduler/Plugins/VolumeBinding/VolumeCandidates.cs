using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Selectors;
using NodeAgent.Scheduler.Plugins.Volumes;

namespace NodeAgent.Scheduler.Plugins.VolumeBinding;

/// <summary>
/// The volumes that would do for one claim but for the node, smallest first. Volumes of single hosts are found by the
/// host's name: with local volumes there are as many as nodes, and each node has to look at few.
/// </summary>
internal sealed class VolumeCandidates
{
    private readonly List<VolumeAffinity> _anywhere = [];
    private readonly Dictionary<string, List<VolumeAffinity>> _byHostname = new(StringComparer.Ordinal);
    private readonly VolumeAffinity? _reserved;

    /// <exception cref="FormatException">The claim's selector makes no sense.</exception>
    public VolumeCandidates(PersistentVolumeClaim claim, IEnumerable<PersistentVolume> volumes)
    {
        var selector = claim.Spec?.Selector is { } labels ? Selector.From(labels) : null;
        foreach (var volume in volumes.Where(v => IsUsable(claim, v)).OrderBy(ClaimFacts.CapacityOf))
        {
            if (ClaimFacts.IsFor(volume, claim))
            {
                // The first one decides, fit or not.
                _reserved ??= new VolumeAffinity(volume);
            }
            else if (volume.Status?.Phase == "Available" && selector?.Matches(volume.Metadata.Labels) != false && ClaimFacts.ClassOf(volume) == ClaimFacts.ClassOf(claim)
                && claim.Spec!.AccessModes.All(volume.Spec.AccessModes.Contains))
            {
                Add(new VolumeAffinity(volume));
            }
        }
    }

    /// <summary>The smallest that the node can reach and that is not taken; null when there is none.</summary>
    public PersistentVolume? Find(Node node, IReadOnlyList<(PersistentVolumeClaim Claim, PersistentVolume Volume)> taken)
    {
        if (_reserved is not null && !IsTaken(_reserved.Volume, taken))
        {
            return _reserved.Matches(node) ? _reserved.Volume : null;
        }

        var anywhere = First(_anywhere, node, taken);
        var here = node.Metadata.Labels.TryGetValue("kubernetes.io/hostname", out var name) && _byHostname.TryGetValue(name, out var list) ? First(list, node, taken) : null;
        if (anywhere is null || here is null)
        {
            return anywhere ?? here;
        }

        return ClaimFacts.CapacityOf(here) <= ClaimFacts.CapacityOf(anywhere) ? here : anywhere;
    }

    private static PersistentVolume? First(List<VolumeAffinity> list, Node node, IReadOnlyList<(PersistentVolumeClaim Claim, PersistentVolume Volume)> taken)
    {
        foreach (var candidate in list)
        {
            if (!IsTaken(candidate.Volume, taken) && candidate.Matches(node))
            {
                return candidate.Volume;
            }
        }

        return null;
    }

    private static bool IsTaken(PersistentVolume volume, IReadOnlyList<(PersistentVolumeClaim Claim, PersistentVolume Volume)> taken)
    {
        foreach (var (_, other) in taken)
        {
            if (other.Metadata.Name == volume.Metadata.Name)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsUsable(PersistentVolumeClaim claim, PersistentVolume volume) =>
        (volume.Spec?.ClaimRef is null || ClaimFacts.IsFor(volume, claim))
        && ClaimFacts.CapacityOf(volume) >= ClaimFacts.RequestOf(claim)
        && ClaimFacts.ModeOf(volume.Spec?.VolumeMode ?? "") == ClaimFacts.ModeOf(claim.Spec?.VolumeMode ?? "")
        && (volume.Spec?.VolumeAttributesClassName ?? "") == (claim.Spec?.VolumeAttributesClassName ?? "")
        && volume.Metadata.DeletionTimestamp is null;

    private void Add(VolumeAffinity candidate)
    {
        if (candidate.Hostnames is not { } names)
        {
            _anywhere.Add(candidate);
            return;
        }

        foreach (var name in names.Distinct())
        {
            if (!_byHostname.TryGetValue(name, out var list))
            {
                list = [];
                _byHostname[name] = list;
            }

            list.Add(candidate);
        }
    }
}
