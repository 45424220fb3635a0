namespace NodeAgent.Kubelet.Images.Verification;

/// <summary>Whether a pod may use an image that is on the host.</summary>
internal enum PullCheck
{
    /// <summary>Whoever asks may.</summary>
    PolicyAllows,

    /// <summary>One of its logins has pulled the image before.</summary>
    RecordFound,

    /// <summary>The registry has to be asked with the pod's logins.</summary>
    MustPull,

    /// <summary>The record cannot be read: as <see cref="MustPull"/>.</summary>
    Broken,
}
