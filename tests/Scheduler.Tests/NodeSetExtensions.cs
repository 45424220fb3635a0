using NodeAgent.Scheduler.Framework.Nodes;

namespace NodeAgent.Scheduler.Tests;

internal static class NodeSetExtensions
{
    public static List<int> ToList(this NodeSet set)
    {
        var slots = new List<int>();
        foreach (var slot in set)
        {
            slots.Add(slot);
        }

        return slots;
    }
}
