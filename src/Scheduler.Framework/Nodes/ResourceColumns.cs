namespace NodeAgent.Scheduler.Framework.Nodes;

/// <summary>The columns that every node table has. Others are added as nodes and pods name them.</summary>
public static class ResourceColumns
{
    /// <summary>In thousandths.</summary>
    public const int Cpu = 0;

    /// <summary>In bytes.</summary>
    public const int Memory = 1;

    /// <summary>In bytes.</summary>
    public const int EphemeralStorage = 2;

    /// <summary>How many pods a node takes, and has.</summary>
    public const int Pods = 3;

    /// <summary>The first column of all other resources.</summary>
    public const int FirstScalar = 4;
}
