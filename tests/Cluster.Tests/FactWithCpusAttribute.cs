namespace NodeAgent.Cluster.Tests;

/// <summary>A test that needs several CPUs; skipped, with the reason, on a host with fewer.</summary>
public sealed class FactWithCpusAttribute : FactAttribute
{
    public FactWithCpusAttribute(int cpus)
    {
        Cpus = cpus;
        if (Environment.ProcessorCount < cpus)
        {
            Skip = $"this needs {cpus} CPUs, and the host has {Environment.ProcessorCount}";
        }
    }

    public int Cpus { get; }
}
