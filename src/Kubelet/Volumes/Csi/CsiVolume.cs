using System.Security.Cryptography;
using System.Text;
using Google.Protobuf.Collections;
using NodeAgent.Kubelet.Schemas.Csi;
using Mode = NodeAgent.Kubelet.Schemas.Csi.VolumeCapability.Types.AccessMode.Types.Mode;

namespace NodeAgent.Kubelet.Volumes.Csi;

/// <summary>A CSI volume as the driver is told of it.</summary>
/// <param name="IsInline">It lives and dies with the pod, and was never attached or staged.</param>
internal sealed record CsiVolume(
    string Driver, string Handle, string FsType, bool IsReadOnly, bool IsInline, bool IsBlock, MapField<string, string> Attributes, IReadOnlyList<string> AccessModes, IReadOnlyList<string> MountOptions)
{
    public static CsiVolume? Of(Pod pod, VolumeSpec spec)
    {
        if (spec.PersistentSource?.Csi is { } source)
        {
            return new CsiVolume(
                source.Driver,
                source.VolumeHandle,
                source.FsType,
                source.ReadOnly || spec.IsClaimReadOnly,
                false,
                spec.IsBlock,
                source.VolumeAttributes,
                [.. spec.Persistent!.Spec.AccessModes],
                [.. spec.Persistent.Spec.MountOptions]);
        }

        return spec.Persistent is null && spec.Source.Csi is { } inline
            ? new CsiVolume(inline.Driver, InlineHandle(pod, spec.Name), inline.FsType, inline.ReadOnly, true, false, inline.VolumeAttributes, ["ReadWriteOnce"], [])
            : null;
    }

    /// <summary>The name of the VolumeAttachment object that the attach controller makes.</summary>
    public static string AttachmentName(string handle, string driver, string node) => "csi-" + Hash(handle + driver + node);

    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <param name="multiWriter">The driver knows the access modes that tell one pod's writer from several pods'.</param>
    /// <param name="mountGroup">The group that the driver is to give the volume to; null when the kubelet does, or nobody.</param>
    public VolumeCapability Capability(bool multiWriter, int? mountGroup)
    {
        var capability = new VolumeCapability { AccessMode = new VolumeCapability.Types.AccessMode { Mode = AccessMode(multiWriter) } };
        if (IsBlock)
        {
            capability.Block = new VolumeCapability.Types.BlockVolume();
        }
        else
        {
            capability.Mount = new VolumeCapability.Types.MountVolume { FsType = FsType, MountFlags = { MountOptions }, VolumeMountGroup = mountGroup?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "" };
        }

        return capability;
    }

    /// <summary>Whether the kubelet gives the volume to the pod's fsGroup, by the policy that the CSIDriver object has.</summary>
    public bool TakesGroup(string policy) => !IsReadOnly && !IsBlock && policy switch
    {
        "None" => false,
        "File" => true,
        _ => FsType.Length > 0 && !IsInline && AccessModes.All(m => m is "ReadWriteOnce" or "ReadWriteOncePod"),
    };

    private Mode AccessMode(bool multiWriter) => AccessModes.Count == 0 ? Mode.Unknown
        : AccessModes.Contains("ReadWriteMany") ? Mode.MultiNodeMultiWriter
        : AccessModes.Contains("ReadOnlyMany") && AccessModes.Count == 1 ? Mode.MultiNodeReaderOnly
        : AccessModes.Contains("ReadWriteOncePod") ? (multiWriter ? Mode.SingleNodeSingleWriter : Mode.SingleNodeWriter)
        : multiWriter ? Mode.SingleNodeMultiWriter : Mode.SingleNodeWriter;

    private static string InlineHandle(Pod pod, string volume) => "csi-" + Hash(volume + pod.Metadata.Namespace + pod.Metadata.Name + pod.Metadata.Uid);
}
