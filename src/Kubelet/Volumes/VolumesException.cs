namespace NodeAgent.Kubelet.Volumes;

/// <summary>Some volumes of a pod cannot be made ready.</summary>
internal sealed class VolumesException(IReadOnlyList<VolumeException> failures) : VolumeException(string.Join("; ", failures.Select(f => f.Message)), failures[0])
{
    public IReadOnlyList<VolumeException> Failures => failures;
}
