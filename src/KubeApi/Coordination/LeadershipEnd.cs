namespace NodeAgent.KubeApi.Coordination;

/// <summary>Why an election came to its end.</summary>
public enum LeadershipEnd
{
    /// <summary>The caller asked for it, before or while leading.</summary>
    Stopped,

    /// <summary>The lease could not be renewed in time, or another holds it: what leads must end, best with the process.</summary>
    Lost,

    /// <summary>The work of the leader returned on its own.</summary>
    WorkEnded,
}
