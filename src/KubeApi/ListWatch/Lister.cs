using System.Net;
using Google.Protobuf;
using NodeAgent.KubeApi.Client;

namespace NodeAgent.KubeApi.ListWatch;

/// <summary>Lists a whole collection, page by page.</summary>
internal sealed class Lister<T>(IKubeClient client, ResourceType<T> type, ListWatchOptions options)
    where T : class, IKubeObject, IMessage<T>, new()
{
    // The first list takes what the server has cached; after that never anything older than has been seen.
    private string _notOlderThan = "0";

    public async Task<KubeList<T>> ListAsync(CancellationToken cancellationToken)
    {
        KubeList<T> list;
        try
        {
            list = await ListPagesAsync(_notOlderThan, cancellationToken);
        }
        catch (KubeApiException e) when (_notOlderThan.Length > 0 && (e.IsGone || IsAheadOfServer(e)))
        {
            list = await ListPagesAsync("", cancellationToken);
        }

        _notOlderThan = list.ResourceVersion;
        return list;
    }

    private async Task<KubeList<T>> ListPagesAsync(string resourceVersion, CancellationToken cancellationToken)
    {
        // With a revision given the server answers from its cache, which has no pages.
        var first = new ListOptions(options.LabelSelector, options.FieldSelector, resourceVersion is "" or "0" ? options.PageSize : null, null, resourceVersion, ForCache: true);
        var page = await client.ListAsync(type, options.Namespace, first, cancellationToken);
        if (page.Continue is null)
        {
            return page;
        }

        var items = new List<T>(page.Items);
        var listVersion = page.ResourceVersion;
        while (page.Continue is { } token)
        {
            try
            {
                page = await client.ListAsync(type, options.Namespace, first with { Continue = token, ResourceVersion = null }, cancellationToken);
            }
            catch (KubeApiException e) when (e.IsGone)
            {
                // The list took longer than the server keeps its revisions: all at once then.
                return await client.ListAsync(type, options.Namespace, first with { Limit = null, ResourceVersion = null }, cancellationToken);
            }

            items.AddRange(page.Items);
        }

        return new KubeList<T>(items, page.ResourceVersion.Length > 0 ? page.ResourceVersion : listVersion, null);
    }

    /// <summary>The revision seen is newer than the server's: another server, or an etcd restored from a backup.</summary>
    private static bool IsAheadOfServer(KubeApiException e) =>
        e.Code == HttpStatusCode.GatewayTimeout && e.ServerMessage.Contains("Too large resource version", StringComparison.Ordinal);
}
