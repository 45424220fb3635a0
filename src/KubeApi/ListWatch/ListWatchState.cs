using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Client;

namespace NodeAgent.KubeApi.ListWatch;

/// <summary>Logs a list-watch's changes between working and each kind of failing, not its attempts.</summary>
internal sealed partial class ListWatchState(string plural, Uri server, ILogger logger)
{
    private string? _failure;

    public void OnSuccess(int? listed)
    {
        if (_failure is not null)
        {
            _failure = null;
            LogRecovered(logger, plural, server);
        }

        if (listed is { } count)
        {
            LogListed(logger, count, plural, server);
        }
    }

    public void OnFailure(Exception e)
    {
        if (e is KubeApiException { IsGone: true })
        {
            LogGone(logger, plural, e.Message);
            return;
        }

        // The kind of the failure, not its words: those may hold what differs from one attempt to the next.
        var failure = e is KubeApiException answer ? $"{answer.Code}" : e.GetType().Name;
        if (failure != _failure)
        {
            _failure = failure;
            LogFailing(logger, plural, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Listed {Count} {Plural} from {Server}")]
    private static partial void LogListed(ILogger logger, int count, string plural, Uri server);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Plural} are listed and watched again at {Server}")]
    private static partial void LogRecovered(ILogger logger, string plural, Uri server);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Plural} are not up to date, trying on: {Problem}")]
    private static partial void LogFailing(ILogger logger, string plural, string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Plural} are listed anew, the server no longer has the revision seen last: {Problem}")]
    private static partial void LogGone(ILogger logger, string plural, string problem);
}
