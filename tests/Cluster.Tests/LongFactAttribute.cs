namespace NodeAgent.Cluster.Tests;

/// <summary>A test that takes too long for every run: skipped, with the reason, unless NODEAGENT_TEST_LONG is 1.</summary>
public sealed class LongFactAttribute : FactAttribute
{
    /// <param name="reason">What takes so long.</param>
    public LongFactAttribute(string reason)
    {
        Reason = reason;
        if (Environment.GetEnvironmentVariable("NODEAGENT_TEST_LONG") != "1")
        {
            Skip = $"{reason}; run it with NODEAGENT_TEST_LONG=1";
        }
    }

    public string Reason { get; }
}
