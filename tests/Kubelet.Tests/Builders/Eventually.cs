namespace NodeAgent.Kubelet.Tests.Builders;

/// <summary>Lets work on other threads get as far as a test needs it, without sleeping.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static async Task TrueAsync(Func<bool> condition, string what)
    {
        var limit = DateTime.UtcNow + Patience;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < limit, $"it never came to: {what}");
            await Task.Yield();
        }
    }
}
