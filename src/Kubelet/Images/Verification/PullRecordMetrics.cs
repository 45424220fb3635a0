using NodeAgent.Hosting.Metrics;

namespace NodeAgent.Kubelet.Images.Verification;

/// <summary>kubelet_imagemanager_*.</summary>
internal sealed class PullRecordMetrics(MetricsRegistry registry)
{
    private readonly Counter _checks = registry.CreateCounter(
        "kubelet_imagemanager_image_mustpull_checks_total", "Counter for how many times kubelet checked whether credentials need to be re-verified to access an image", "result");

    public void Show(PullRecordFiles files)
    {
        registry.CreateGaugeCallback("kubelet_imagemanager_ondisk_pullintents", "Number of ImagePullIntents stored on disk.", () => files.IntentCount);
        registry.CreateGaugeCallback("kubelet_imagemanager_ondisk_pulledrecords", "Number of ImagePulledRecords stored on disk.", () => files.PulledCount);
    }

    public void Checked(PullCheck result) => _checks.WithLabels(result switch
    {
        PullCheck.PolicyAllows => "credentialPolicyAllowed",
        PullCheck.RecordFound => "credentialRecordFound",
        PullCheck.MustPull => "mustAuthenticate",
        _ => "error",
    }).Inc();
}
