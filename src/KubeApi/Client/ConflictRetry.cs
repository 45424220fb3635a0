namespace NodeAgent.KubeApi.Client;

/// <summary>Read, change, write, and all of it again when somebody else wrote in between.</summary>
public static class ConflictRetry
{
    private const int Attempts = 5;
    private static readonly BackoffOptions Pauses = new(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(1), 3, 0.5, TimeSpan.FromMinutes(1));

    /// <summary>Runs the whole of read, change and write until it does not end in a conflict; the last conflict is thrown.</summary>
    /// <param name="attempt">Must read anew each time, or it will meet the same conflict again.</param>
    public static async Task<TResult> RunAsync<TResult>(Func<CancellationToken, Task<TResult>> attempt, TimeProvider time, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(Pauses, time, Random.Shared);
        for (var i = 1; ; i++)
        {
            try
            {
                return await attempt(cancellationToken);
            }
            catch (KubeApiException e) when (e.IsConflict && i < Attempts)
            {
                await Task.Delay(backoff.Next(), time, cancellationToken);
            }
        }
    }
}
