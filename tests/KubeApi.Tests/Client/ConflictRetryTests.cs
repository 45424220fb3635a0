using System.Net;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Tests.Fakes;

namespace NodeAgent.KubeApi.Tests.Client;

public sealed class ConflictRetryTests
{
    [Fact]
    public async Task RunAsync_OnConflicts_RunsAgainUntilItFits()
    {
        var attempts = 0;

        var result = await ConflictRetry.RunAsync(
            _ => ++attempts < 3 ? throw Failure(HttpStatusCode.Conflict, "Conflict") : Task.FromResult("done"),
            new InstantTimeProvider(),
            CancellationToken.None);

        Assert.Equal(("done", 3), (result, attempts));
    }

    [Fact]
    public async Task RunAsync_OnConflictsWithoutEnd_ThrowsTheLast()
    {
        var attempts = 0;

        await Assert.ThrowsAsync<KubeApiException>(() => ConflictRetry.RunAsync<int>(
            _ =>
            {
                attempts++;
                throw Failure(HttpStatusCode.Conflict, "Conflict");
            },
            new InstantTimeProvider(),
            CancellationToken.None));

        Assert.Equal(5, attempts);
    }

    [Theory]
    [InlineData(HttpStatusCode.Conflict, "AlreadyExists")]
    [InlineData(HttpStatusCode.NotFound, "NotFound")]
    public async Task RunAsync_OnAnotherFailure_ThrowsAtOnce(HttpStatusCode code, string reason)
    {
        var attempts = 0;

        await Assert.ThrowsAsync<KubeApiException>(() => ConflictRetry.RunAsync<int>(
            _ =>
            {
                attempts++;
                throw Failure(code, reason);
            },
            new InstantTimeProvider(),
            CancellationToken.None));

        Assert.Equal(1, attempts);
    }

    private static KubeApiException Failure(HttpStatusCode code, string reason) => new("update x", code, reason, "no");
}
