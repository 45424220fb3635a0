using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Statuses;

namespace NodeAgent.Kubelet.Resources;

/// <summary>A pod that asks for a profile is refused on a host whose kernel would not enforce it.</summary>
internal static class AppArmor
{
    private const string Switch = "/sys/module/apparmor/parameters/enabled";

    public static bool HostHas() => File.Exists(Switch) && File.ReadAllText(Switch).StartsWith('Y');

    public static Verdict? Check(Pod pod, bool hostHas) => !hostHas && Asks(pod) ? new Verdict("AppArmor", "Cannot enforce AppArmor: AppArmor is not enabled on the host") : null;

    private static bool Asks(Pod pod) =>
        IsProfile(pod.Spec.SecurityContext?.AppArmorProfile) || pod.AllContainers().Any(c => IsProfile(c.Spec.SecurityContext?.AppArmorProfile));

    private static bool IsProfile(AppArmorProfile? profile) => profile is { Type: not ("" or "Unconfined") };
}
