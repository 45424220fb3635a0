using Mono.Unix.Native;

namespace NodeAgent.DevCluster.Processes;

/// <summary>Signals by system call. procps' <c>kill -KILL -123</c> takes the minus sign and the 1 for "every process there is".</summary>
public static class Signals
{
    /// <summary>To one process; one that has ended already is fine.</summary>
    public static void Send(int processId, Signum signal)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(processId, 2);
        Syscall.kill(processId, signal);
    }

    /// <summary>To every process of the group that this process leads.</summary>
    public static void SendToSession(int leader, Signum signal)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(leader, 2);
        Syscall.kill(-leader, signal);
    }
}
