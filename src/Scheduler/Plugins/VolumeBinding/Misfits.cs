using NodeAgent.Scheduler.Framework;

namespace NodeAgent.Scheduler.Plugins.VolumeBinding;

/// <summary>The texts of misfits; one status for each set.</summary>
internal static class Misfits
{
    private static readonly (Misfit Misfit, string Reason)[] Reasons =
    [
        (Misfit.NodeAffinity, "node(s) didn't match PersistentVolume's node affinity"),
        (Misfit.NothingToBind, "node(s) didn't find available persistent volumes to bind"),
        (Misfit.NotEnoughSpace, "node(s) did not have enough free storage"),
        (Misfit.VolumeGone, "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"),
    ];

    private static readonly Status[] Statuses =
        [.. Enumerable.Range(0, 1 << Reasons.Length).Select(set => Status.Unresolvable([.. Reasons.Where(r => ((Misfit)set & r.Misfit) != 0).Select(r => r.Reason)]))];

    public static Status ToStatus(this Misfit misfit) => Statuses[(int)misfit];
}
