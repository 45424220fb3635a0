namespace NodeAgent.Kubelet.Images;

/// <summary>When images that nobody uses are removed.</summary>
/// <param name="HighPercent">The use of the images' file system at which removing begins; 100 for never.</param>
/// <param name="LowPercent">The use at which it ends.</param>
/// <param name="MinimumAge">How long an image must have been known to this kubelet: what was pulled just now is about to be used.</param>
/// <param name="MaximumAge">How long an image may be unused whatever the disk is like; zero for no limit.</param>
internal sealed record ImageGcPolicy(int HighPercent, int LowPercent, TimeSpan MinimumAge, TimeSpan MaximumAge);
