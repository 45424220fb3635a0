using System.Diagnostics;

namespace NodeAgent.KubeApi.Tests;

/// <summary>Waits for what other threads are about to do; never for time to pass.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static async Task HoldsAsync(Func<bool> condition)
    {
        var start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Patience, "what the test waits for did not happen");
            await Task.Yield();
        }
    }
}
