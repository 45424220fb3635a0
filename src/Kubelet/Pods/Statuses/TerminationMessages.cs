using System.Text;

namespace NodeAgent.Kubelet.Pods.Statuses;

/// <summary>Keeps what containers said at their end within the room that a pod's status has for it.</summary>
internal static class TerminationMessages
{
    /// <summary>For all containers of a pod together, in bytes; every container gets an equal share.</summary>
    private const int MostOfAPod = 12 * 1024;

    public static void Limit(PodStatus status)
    {
        List<ContainerStatus> all = [.. status.InitContainerStatuses, .. status.ContainerStatuses, .. status.EphemeralContainerStatuses];
        foreach (var terminated in all.SelectMany(s => (ContainerStateTerminated?[])[s.State?.Terminated, s.LastState?.Terminated]).OfType<ContainerStateTerminated>())
        {
            if (terminated.Message.Length > 0)
            {
                terminated.Message = Cut(terminated.Message, MostOfAPod / all.Count);
            }
        }
    }

    private static string Cut(string text, int mostBytes)
    {
        if (Encoding.UTF8.GetByteCount(text) <= mostBytes)
        {
            return text;
        }

        var length = Math.Min(text.Length, mostBytes);
        while (Encoding.UTF8.GetByteCount(text.AsSpan(0, length)) > mostBytes)
        {
            length--;
        }

        return text[..length];
    }
}
