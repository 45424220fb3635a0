using System.Diagnostics;

namespace NodeAgent.DevCluster.Processes;

/// <summary>Waits for real things to come true, with a limit and a message that says what was waited for.</summary>
public static class Wait
{
    /// <param name="what">Completes the sentence "waited 30 s for …".</param>
    /// <param name="details">Asked for the last known state when the time is over.</param>
    public static async Task UntilAsync(string what, TimeSpan limit, Func<Task<bool>> condition, Func<string>? details = null, TimeSpan? interval = null)
    {
        var waited = Stopwatch.StartNew();
        Exception? last = null;
        while (true)
        {
            try
            {
                if (await condition())
                {
                    return;
                }

                last = null;
            }
            catch (Exception e) when (e is IOException or HttpRequestException or InvalidOperationException or TimeoutException or KubeApi.Client.KubeApiException)
            {
                last = e;
            }

            if (waited.Elapsed > limit)
            {
                throw new TimeoutException($"waited {limit.TotalSeconds:0} s for {what}{(last is null ? "" : $"; the last try said: {last.Message}")}{(details is null ? "" : "\n" + details())}", last);
            }

            await Task.Delay(interval ?? TimeSpan.FromMilliseconds(50));
        }
    }
}
