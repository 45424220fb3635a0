using System.Diagnostics;

namespace NodeAgent.Hosting.Tests;

internal static class Eventually
{
    /// <summary>Waits for what another thread is about to make true; fails after ten seconds.</summary>
    public static async Task True(Func<bool> condition, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"did not come about: {what}");
            await Task.Delay(1);
        }
    }
}
