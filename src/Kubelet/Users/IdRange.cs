namespace NodeAgent.Kubelet.Users;

/// <summary>Users of the host, and groups of the same numbers.</summary>
internal readonly record struct IdRange(uint First, uint Length)
{
    /// <summary>The first one behind it, which can be beyond what a number of a user can be.</summary>
    public ulong End => (ulong)First + Length;

    public bool Overlaps(IdRange other) => First < other.End && other.First < End;
}
